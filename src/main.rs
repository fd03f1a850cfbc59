//! The program `dspt`: reads the arguments and the clock; everything else is in the library.

use std::io::{self, Write};
use std::process::ExitCode;

use dspt_ledger::cli;
use dspt_ledger::domain::date::Timestamp;
use dspt_ledger::verify::known_heads::Memory;

/// A limit on the size of files makes a write fail, as a full disk does, and does not end the program
/// in the middle.
fn write_errors_are_errors() {
    #[cfg(unix)]
    let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, std::sync::Arc::default());
}

/// Makes the threads for work side by side. Where the system gives none, everything is done on this
/// one, for as long as what is returned lives.
fn threads() -> Option<rayon::ThreadPool> {
    if rayon::ThreadPoolBuilder::new().build_global().is_ok() {
        return None;
    }
    rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build().ok()
}

fn main() -> ExitCode {
    // Read once for a command; a witness that serves for days reads it for each cosignature.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    let clock = || {
        let now = jiff::Timestamp::try_from(std::time::SystemTime::now());
        // A clock beyond the years that dates are written in stands at their end.
        Timestamp::from_millis(now.unwrap_or(jiff::Timestamp::MAX).as_millisecond())
    };
    write_errors_are_errors();
    let _alone = threads();
    // None where the output goes to a file or a pipe: then nothing is cut.
    let width = terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| width.0.into());
    let (mut out, mut err) = (io::stdout().lock(), io::stderr().lock());
    let code = cli::run_remembering(
        std::env::args_os(),
        &clock,
        Memory::of_user(),
        width,
        &mut out,
        &mut err,
    );
    let _ = out.flush();
    ExitCode::from(code)
}
