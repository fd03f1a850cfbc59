//! The program `dspt`: reads the arguments and, once, the clock; everything else is in the library.

use std::io::{self, Write};
use std::process::ExitCode;

use dspt_ledger::cli;
use dspt_ledger::domain::day::Instant;

fn main() -> ExitCode {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    let now = Instant::from_millis(jiff::Timestamp::now().as_millisecond());
    let (mut out, mut err) = (io::stdout().lock(), io::stderr().lock());
    let code = cli::run(std::env::args_os(), now, &mut out, &mut err);
    let _ = out.flush();
    ExitCode::from(code)
}
