//! The program `dspt`: reads the arguments and the clock; everything else is in the library.

use std::io::{self, Write};
use std::process::ExitCode;

use dspt_ledger::cli;
use dspt_ledger::domain::day::Instant;
use dspt_ledger::memory::Memory;

fn main() -> ExitCode {
    // Read once for a command; a witness that serves for days reads it for each cosignature.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    let clock = || Instant::from_millis(jiff::Timestamp::now().as_millisecond());
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
