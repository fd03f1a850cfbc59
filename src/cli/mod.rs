//! The command line: arguments to answers, one file per command. Decides nothing about compliance.

pub mod answers;
mod as_of;
mod bundled_catalogue;
mod code;
mod csv_form;
mod dash;
mod demo;
mod error;
#[cfg(test)]
mod further_framework_tests;
mod input_file;
mod key_requests;
mod keys;
mod kind;
mod ledger_path;
pub mod mappings;
mod output;
pub mod proofs;
pub mod recording;
mod screen;
mod statements;
mod witness;

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;

use clap::builder::Resettable;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use serde_json::{Value, json};

use crate::domain::date::Timestamp;
use crate::domain::sanitize::visible_json;
use crate::import::problem::Problem;
use crate::verify::known_heads::Memory;
use error::{Failure, exit};
use output::{Output, plain};

/// An evidence ledger for the NHS Data Security and Protection Toolkit (DSPT).
#[derive(Parser, Debug)]
#[command(name = "dspt", version, about, max_term_width = 100)]
struct Cli {
    /// The ledger file, or its folder; else ledger.dspt in this folder or one above it
    #[arg(long, global = true, value_name = "PATH", env = "DSPT_LEDGER")]
    ledger: Option<PathBuf>,
    /// Print one JSON object (lists: one per line) under a versioned schema
    #[arg(long, global = true)]
    json: bool,
    /// No hints
    #[arg(long, short, global = true)]
    quiet: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Make a sample ledger and see everything at once
    Demo(demo::Args),
    /// Make a new ledger with its keys
    Init(recording::init::Args),
    /// Make, list, admit, rotate and revoke signing keys
    Key(keys::Args),
    /// Import editions, frameworks, mappings, Statements of Applicability, answers, evidence
    Import(recording::import::Args),
    /// Record one event
    Record(recording::record::Args),
    /// Confirm assertions
    Confirm(recording::confirm::ConfirmArgs),
    /// Approve rows of a mapping: from then on they are rules
    Approve(recording::approval::ApproveArgs),
    /// Doubt an approved rule; it still counts, marked as challenged
    Challenge(recording::approval::ChallengeArgs),
    /// Answer a challenge: the rule stands
    Uphold(recording::approval::UpholdArgs),
    /// Put in what others signed: files that they made with --to
    Take(recording::take::Args),
    /// Take an entry back by a new one
    Withdraw(recording::withdraw::WithdrawArgs),
    /// Put something else in the place of an entry by a new one
    Correct(recording::withdraw::CorrectArgs),
    /// The position on a day: every item, counts, standing
    Status(answers::status::Args),
    /// Why an item stands where it does, and what would change it
    #[command(visible_alias = "why")]
    Explain(answers::explain::Args),
    /// On which days an item had a status
    When(answers::when::Args),
    /// What changed between two positions, and because of what
    Diff(answers::diff::Args),
    /// What was recorded, when, by whom, how late
    Log(answers::log::LogArgs),
    /// One entry
    Show(answers::log::ShowArgs),
    /// The same on a screen: step through time, see why, compare, check
    #[command(visible_alias = "replay")]
    Tui(screen::Args),
    /// Make, publish, check and show statements: the position on a day as one signed file
    Statement(statements::Args),
    /// Check everything: entries, signatures, tree, checkpoints, contents
    Verify(proofs::verify::Args),
    /// Make damaged copies of a small ledger, and see which check catches each
    Tamper(demo::tamper::Args),
    /// Check files of any C2SP log: a checkpoint, a proof, a folder of tiles; needs no ledger
    Check(proofs::check::Args),
    /// The newest signed head, or an older one, to keep or to have cosigned
    Checkpoint(proofs::checkpoint::Args),
    /// Heads that witnesses and authorities dated: record, list, give back
    Anchor(proofs::anchor::Args),
    /// Say that a clock was wrong: one's own, or that of somebody outside
    Clock(recording::clock::Args),
    /// Ask an authority for the time of a head, record its answer, check it (RFC 3161)
    Timestamp(proofs::timestamp::Args),
    /// Proofs as files: that entries are under a head, that a head follows an older one
    Prove(proofs::prove::Args),
    /// The whole ledger in forms that others read
    Export(proofs::export::Args),
    /// Witness logs: cosign what only grew, and remember it
    Witness(witness::Args),
    /// Write out the proof that two histories of the ledger were signed
    Fork(proofs::fork::Args),
    /// What is compiled into the program, with its provenance
    Catalogue(mappings::catalogue::Args),
    /// Mappings: check, list, show, approve, withdraw, compare; suggest controls for an item
    Mapping(mappings::mapping::Args),
    /// Completions for a shell
    Completions {
        /// bash, zsh, fish, powershell or elvish
        shell: clap_complete::Shell,
    },
}

/// Runs one command and returns its exit status. `now` is the only reading of the clock.
pub fn run(
    args: impl IntoIterator<Item = OsString>,
    now: Timestamp,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> u8 {
    run_at_width(args, now, None, out, err)
}

/// As [`run`], with tables that fit a terminal of so many columns.
pub fn run_at_width(
    args: impl IntoIterator<Item = OsString>,
    now: Timestamp,
    width: Option<usize>,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> u8 {
    run_remembering(args, &|| now, Memory::none(), width, out, err)
}

/// As [`run_at_width`], for a user: with a clock for commands that run on and need the time again,
/// and with the memory of what this user verified before.
pub fn run_remembering(
    args: impl IntoIterator<Item = OsString>,
    clock: &(dyn Fn() -> Timestamp + Sync),
    memory: Memory,
    width: Option<usize>,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> u8 {
    let now = clock();
    let (mut out, mut err) = (output::Stream::new(out), output::Stream::new(err));
    let (out, err): (&mut dyn Write, &mut dyn Write) = (&mut out, &mut err);
    let args: Vec<OsString> = args.into_iter().collect();
    let json = args.iter().any(|arg| arg == "--json");
    let command = || without_empty_variables(Cli::command());
    let parsed = command().try_get_matches_from(&args).map_err(|error| {
        // What is drawn as nothing, or as a colour, is shown: the parser leaves it out.
        command().try_get_matches_from(visible_args(&args)).err().unwrap_or(error)
    });
    let dashes = parsed.as_ref().ok().and_then(|found| dash::check(&Cli::command(), found).err());
    let parsed = parsed
        .and_then(|found| Cli::from_arg_matches(&found))
        .map_err(|error| error.format(&mut Cli::command()));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) if json && error.use_stderr() => {
            let quiet = false;
            let mut output =
                Output { out, err, json, quiet, width, now, clock, memory, belief: None };
            return report(&Failure::usage(error.render().to_string().trim_end()), &mut output);
        }
        Err(error) => {
            let text = plain(&error.render().to_string());
            // Nothing can be said when the stream is closed.
            let _ = if error.use_stderr() {
                err.write_all(text.as_bytes())
            } else {
                out.write_all(text.as_bytes())
            };
            return u8::try_from(error.exit_code()).unwrap_or(exit::USAGE);
        }
    };
    let (json, quiet) = (cli.json, cli.quiet);
    let mut output = Output { out, err, json, quiet, width, now, clock, memory, belief: None };
    let done = match dashes {
        Some(failure) => Err(failure),
        None => dispatch(&cli, &mut output),
    };
    let done = done.and_then(|code| {
        // What is still on its way may meet a full disk, too.
        output.finish()?;
        Ok(code)
    });
    match done {
        Ok(code) => code,
        Err(failure) => report(&failure, &mut output),
    }
}

/// The arguments with what a terminal would not show written as codes.
fn visible_args(args: &[OsString]) -> Vec<OsString> {
    let shown = |arg: &OsString| match arg.to_str() {
        Some(text) => plain(text).into(),
        None => arg.clone(),
    };
    args.iter().map(shown).collect()
}

/// An empty environment variable is as good as none: the parser would ask for a value.
fn without_empty_variables(command: clap::Command) -> clap::Command {
    let is_empty = |arg: &clap::Arg| {
        arg.get_env().and_then(std::env::var_os).is_some_and(|value| value.is_empty())
    };
    let command =
        command.mut_args(|arg| if is_empty(&arg) { arg.env(Resettable::Reset) } else { arg });
    let below: Vec<String> =
        command.get_subcommands().map(|one| one.get_name().to_owned()).collect();
    below
        .into_iter()
        .fold(command, |command, name| command.mut_subcommand(name, without_empty_variables))
}

fn dispatch(cli: &Cli, output: &mut Output<'_>) -> Result<u8, Failure> {
    let ledger = cli.ledger.as_deref();
    let Some(command) = &cli.command else { return welcome(cli, output) };
    match command {
        Command::Demo(args) => demo::run(args, output),
        Command::Init(args) => recording::init::run(args, output),
        Command::Key(args) => keys::run(args, ledger, output),
        Command::Import(args) => recording::import::run(args, ledger, output),
        Command::Record(args) => recording::record::run(args, ledger, output),
        Command::Confirm(args) => recording::confirm::confirm(args, ledger, output),
        Command::Approve(args) => recording::approval::approve(args, ledger, output),
        Command::Challenge(args) => recording::approval::challenge(args, ledger, output),
        Command::Uphold(args) => recording::approval::uphold(args, ledger, output),
        Command::Take(args) => recording::take::run(args, ledger, output),
        Command::Withdraw(args) => recording::withdraw::withdraw(args, ledger, output),
        Command::Correct(args) => recording::withdraw::correct(args, ledger, output),
        Command::Status(args) => answers::status::run(args, ledger, output),
        Command::Explain(args) => answers::explain::run(args, ledger, output),
        Command::When(args) => answers::when::run(args, ledger, output),
        Command::Diff(args) => answers::diff::run(args, ledger, output),
        Command::Log(args) => answers::log::log(args, ledger, output),
        Command::Show(args) => answers::log::show(args, ledger, output),
        Command::Tui(args) => screen::run(args, ledger, output),
        Command::Statement(args) => statements::run(args, ledger, output),
        Command::Verify(args) => proofs::verify::run(args, ledger, output),
        Command::Tamper(args) => demo::tamper::run(args, output),
        Command::Check(args) => proofs::check::run(args, output),
        Command::Checkpoint(args) => proofs::checkpoint::run(args, ledger, output),
        Command::Prove(args) => proofs::prove::run(args, ledger, output),
        Command::Export(args) => proofs::export::run(args, ledger, output),
        Command::Anchor(args) => proofs::anchor::run(args, ledger, output),
        Command::Clock(args) => recording::clock::run(args, ledger, output),
        Command::Witness(args) => witness::run(args, ledger, output),
        Command::Timestamp(args) => proofs::timestamp::run(args, ledger, output),
        Command::Fork(args) => proofs::fork::run(args, ledger, output),
        Command::Catalogue(args) => mappings::catalogue::run(args, output),
        Command::Mapping(args) => mappings::mapping::run(args, ledger, output),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "dspt", &mut script);
            output.out.write_all(&script)?;
            Ok(exit::YES)
        }
    }
}

/// Without a command: the position where there is a ledger, else three commands to start with.
fn welcome(cli: &Cli, output: &mut Output<'_>) -> Result<u8, Failure> {
    if cli.ledger.is_some() || ledger_path::ledger_path(None).is_ok() {
        return answers::status::run(
            &answers::status::Args::default(),
            cli.ledger.as_deref(),
            output,
        );
    }
    let text = "dspt keeps a signed ledger of DSPT evidence and shows the position on any day.\n\
        There is no ledger here. Start with one of these:\n\
        \x20 dspt demo            make a sample ledger and look around\n\
        \x20 dspt init DIR ...    make your own (dspt init --help)\n\
        \x20 dspt help            all commands\n";
    output.answer("dspt.welcome/1", json!({ "ledger": null }), text)?;
    Ok(exit::YES)
}

fn problem_json(problem: &Problem) -> Value {
    json!({
        "code": problem.code.as_str(),
        "file": problem.file,
        "line": problem.line,
        "column": problem.column.filter(|_| problem.at.is_none()),
        "sheet": problem.at.as_ref().map(|at| &at.sheet),
        "cell": problem.at.as_ref().map(|at| &at.cell).filter(|cell| !cell.is_empty()),
        "column_name": problem.column_name,
        "found": problem.found,
        "message": problem.message,
        "help": problem.help,
    })
}

fn report(failure: &Failure, output: &mut Output<'_>) -> u8 {
    let text = if output.json {
        let error = json!({
            "schema": "dspt.error/1",
            "code": failure.code.as_str(),
            "message": failure.message,
            "where": failure.place,
            "help": failure.help,
            "exit": failure.exit,
            "problems": failure.problems.iter().map(problem_json).collect::<Vec<_>>(),
        });
        format!("{}\n", visible_json(&error.to_string()))
    } else {
        let help = failure.help.as_ref().map_or_else(String::new, |help| format!("help: {help}\n"));
        // Paths and what others wrote stand in it.
        plain(&format!("error[{}]: {}\n{help}", failure.code, failure.message))
    };
    // Nothing can be said when standard error is closed as well.
    let _ = output.err.write_all(text.as_bytes());
    failure.exit
}
