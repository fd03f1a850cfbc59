//! `dspt init`: a new ledger with its keys, the edition, the organisation's type and its scope.

use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;
use serde_json::json;
use zeroize::Zeroizing;

use super::adoption::{adopt_edition, bundled_edition_day, bundled_items, how_to_adopt};
use super::ids::new_id;
use super::signing::{Opened, Signing, in_agent, same_passphrase};
use super::units::units;
use crate::cli::as_of::day;
use crate::cli::code::Code;
use crate::cli::error::{Failure, exit};
use crate::cli::ledger_path::LEDGER_NAME;
use crate::cli::mappings::catalogue::table;
use crate::cli::output::Output;
use crate::domain::csv::Row;
use crate::domain::date::Date;
use crate::domain::event::{Event, OrganisationClassified, ScopeDeclared};
use crate::domain::ids::{CategoryId, EditionId, OrganisationType};
use crate::domain::nearest::closest;
use crate::journal::{Journal, NewEvent, Opening};
use crate::keys::{self, KeyError};
use crate::ledger::{Origin, Sign, Vkey};
use crate::store::{Mode, Store, require_vacant};
use crate::verify::known_heads::is_demonstration;

/// Arguments of `init`.
#[derive(ClapArgs, Debug)]
pub(in crate::cli) struct Args {
    /// The folder to make it in; the file is ledger.dspt
    dir: PathBuf,
    /// Name of the organisation
    #[arg(long, value_name = "NAME")]
    org: String,
    /// Its type: nhs-trust, icb, it-supplier, local-authority, social-care, pharmacy, optician,
    /// university, gp-practice, other (all: dspt catalogue dspt-2025-26-v8/organisation-types.csv)
    #[arg(long = "type", value_name = "TYPE")]
    organisation_type: OrganisationType,
    /// Its category, for a type or an edition that the catalogue does not know
    #[arg(long, value_name = "CATEGORY")]
    category: Option<CategoryId>,
    /// The edition; adopted from the catalogue where that holds its items for the category
    #[arg(long, value_name = "EDITION", default_value = "2025-26-v8")]
    edition: EditionId,
    /// First day of the edition and type; the day that the edition was published when left out
    #[arg(long, value_name = "DATE")]
    from: Option<String>,
    /// Where the ledger belongs: DOMAIN/ORG/LEDGER in lower case
    #[arg(long, value_name = "ORIGIN")]
    origin: Option<String>,
    /// Who holds the first owner key
    #[arg(long, value_name = "NAME")]
    holder: String,
    /// A scope unit that processes health and care data: ID=NAME; repeat for more
    #[arg(long = "unit", value_name = "ID=NAME")]
    units: Vec<String>,
    /// A scope unit that does not: ID=NAME
    #[arg(long = "other-unit", value_name = "ID=NAME")]
    other_units: Vec<String>,
    #[command(flatten)]
    signing: Signing,
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] when something is in the way; nothing is overwritten.
pub(in crate::cli) fn run(args: &Args, output: &mut Output<'_>) -> Result<u8, Failure> {
    let origin = origin(args)?;
    let category = category_of(args)?;
    let from = match &args.from {
        Some(text) => day(text, output)?,
        None => bundled_edition_day(&args.edition).map_err(|_| {
            let edition = &args.edition;
            Failure::usage(format!("the catalogue does not know when DSPT {edition} began"))
                .help("give its first day with --from")
        })?,
    };
    // Everything that can be wrong is looked at before anything is made.
    let classified = OrganisationClassified {
        edition: args.edition.clone(),
        organisation_type: args.organisation_type.clone(),
        category: category.clone(),
        from,
    };
    let items = bundled_items(&args.edition, &category);
    let scope = scope(args, from)?;
    let path = args.dir.join(LEDGER_NAME);
    vacant(&path)?;
    let folder = args.signing.folder()?;
    let name = args.signing.key.clone().unwrap_or_else(|| slug(&args.holder));
    let log_name =
        args.signing.log_key.clone().unwrap_or_else(|| format!("{}-log", slug(&args.org)));
    let opened = both_keys(&args.signing, &folder, (&name, &log_name), output)?;
    first_of_its_key(&origin, &opened, &log_name, output)?;
    let signers = opened.signers();
    let opening =
        Opening { id: new_id(output.now)?, organisation: &args.org, holder: &args.holder };
    let mut batch = Vec::new();
    if items > 0 {
        batch.push(adopt_edition(&args.edition, from, output.now)?);
    }
    for event in [Event::OrganisationClassified(classified), Event::ScopeDeclared(scope)] {
        batch.push(NewEvent { id: new_id(output.now)?, event, files: Vec::new() });
    }
    let made = Store::found(&path, |aside| -> Result<_, Failure> {
        let mut journal = Journal::create(aside, &origin, &opening, &signers, output.now)?;
        let recorded = journal.record(&batch, &signers, output.now)?;
        let head = String::from_utf8_lossy(&journal.ledger.head).into_owned();
        journal.close()?;
        Ok((recorded, head))
    });
    let (recorded, head) = made.map_err(|failure| {
        let text = format!(
            "no ledger was made; the keys {name} and {log_name} are in {}, and the same command \
             goes on with them",
            folder.display()
        );
        if failure.help.is_some() { failure } else { failure.help(text) }
    })?;
    let mut text = format!(
        "Made {} with {} entries for {}.\nKeys {name} and {log_name} are in {}. Keep copies of both, and both passphrases.\n",
        path.display(),
        recorded.last + 1,
        args.org,
        folder.display()
    );
    if items == 0 {
        text.push_str(&nothing_asked_yet(args, &category));
    }
    let value = json!({
        "ledger": path.display().to_string(), "origin": origin.as_str(), "entries": recorded.last + 1,
        "key": name, "log_key": log_name, "keys": folder.display().to_string(), "head": head,
        "edition": args.edition.as_str(), "category": category.as_str(), "items": items,
    });
    output.answer("dspt.init/1", value, &text)?;
    output.hint(&format!("Next: dspt --ledger {} status", path.display()))?;
    Ok(exit::YES)
}

/// What a ledger begins with whose category the catalogue holds no items for, and what comes next.
fn nothing_asked_yet(args: &Args, category: &CategoryId) -> String {
    let edition = &args.edition;
    let outcomes = outcomes(args).map_or_else(String::new, |framework| {
        format!(
            "A type of the CAF view: record its outcomes with `dspt import framework {framework}` and \
             `dspt record assessment`.\n"
        )
    });
    format!(
        "The catalogue holds no items of DSPT {edition} for {category}, so nothing is asked yet. \
         Certificates, evidence and answers can be recorded at once; what is said of an item counts \
         once an edition that has it is adopted.\n{outcomes}Next: {}\n",
        how_to_adopt(edition, category)
    )
}

/// The framework whose outcomes an edition asks of a type, where the catalogue says so.
fn outcomes(args: &Args) -> Option<String> {
    let types = table(&format!("dspt-{}/organisation-types.csv", args.edition)).ok()?;
    let of = |row: &&Row| row.get("organisation_type") == args.organisation_type.as_str();
    types.rows.iter().find(of).filter(|row| row.get("view") == "caf")?;
    let profile = table(&format!("dspt-{}/caf-profile.csv", args.edition)).ok()?;
    let row = profile.rows.first()?;
    Some(format!("{}:{}", row.get("framework"), row.get("release")))
}

/// Two keys, each in the ssh-agent where only its public half is here, else of a passphrase of its
/// own: whoever keeps the log later needs that of the log key, and nobody else's.
fn both_keys(
    signing: &Signing,
    folder: &Path,
    (name, log_name): (&str, &str),
    output: &mut Output<'_>,
) -> Result<Opened, Failure> {
    let files = keys::list(folder)?;
    let alone = |name| files.iter().find(|file| file.name == name && file.private.is_none());
    let own = if alone(name).is_some() {
        None
    } else {
        Some(signing.passphrase(true).read(&format!("New passphrase for your key {name}"))?)
    };
    let log = if alone(log_name).is_some() {
        None
    } else {
        Some(signing.new_log_passphrase(folder, log_name, output)?)
    };
    if own.is_some() && own == log {
        return Err(same_passphrase(name, log_name));
    }
    let open = |name, passphrase: Option<&Zeroizing<String>>| match (alone(name), passphrase) {
        (Some(file), _) => in_agent(file, folder),
        (None, passphrase) => {
            new_or_own(folder, name, passphrase.map_or("", |passphrase| passphrase.as_str()))
        }
    };
    Ok(Opened { author: open(name, own.as_ref())?, log: open(log_name, log.as_ref())? })
}

/// Checks that nothing is in the way of a new ledger.
fn vacant(path: &Path) -> Result<(), Failure> {
    let Err(in_the_way) = require_vacant(path) else { return Ok(()) };
    let shown = path.display();
    let there = path.symlink_metadata().is_ok();
    let help = match Store::open(path, Mode::Read).and_then(|store| store.size()) {
        Ok(entries @ 0..=2) => format!(
            "it holds {entries} of the entries that a ledger begins with: if its making was \
             interrupted, remove it and {shown}.head, and run this again"
        ),
        Ok(_) => format!("it is a ledger already; look at it with: dspt --ledger {shown} verify"),
        Err(_) if there => format!("move it away, or give another folder than {shown} is in"),
        Err(_) => {
            "it belonged to a ledger that is not here; bring that back, or move it away".into()
        }
    };
    Err(Failure { code: Code::Usage.into(), exit: exit::USAGE, ..Failure::from(in_the_way) }
        .help(help))
}

/// A second ledger of the same name and log key would be a second history of the first one, and
/// whoever knows that one would be right to refuse it.
fn first_of_its_key(
    origin: &Origin,
    opened: &Opened,
    log_name: &str,
    output: &Output<'_>,
) -> Result<(), Failure> {
    let log = Vkey::new(origin.key_name(), *opened.log.public());
    let Ok(Some(kept)) = output.memory.load(origin, &log) else { return Ok(()) };
    let text = format!(
        "the key {log_name} is the log key of a ledger {origin} already: you verified {} entries \
         of it. Another ledger of that name and key would be a second history of it",
        kept.size
    );
    Err(Failure::usage(text).help(
        "give the new one a log key of its own with --log-key NEWNAME, which is made, or another \
         name with --origin",
    ))
}

/// A key of that name that opens with the passphrase, made whole where its making was interrupted;
/// or a new one.
fn new_or_own(folder: &Path, name: &str, passphrase: &str) -> Result<Box<dyn Sign>, Failure> {
    let path = folder.join(format!("{name}.pem"));
    if path.symlink_metadata().is_err() {
        keys::generate(&path, passphrase)?;
    }
    let opened = keys::complete(&path, passphrase);
    let opened = opened.map_err(|error| {
        let wrong = matches!(error, KeyError::WrongPassphrase { .. });
        let failure = Failure::from(error);
        if !wrong {
            return failure;
        }
        failure.help(format!(
            "there is a key {name} already, perhaps from an earlier try: give the passphrase that \
             it was made with, or another name"
        ))
    })?;
    Ok(Box::new(opened))
}

/// Lower-case letters and digits, hyphens between: a name for files and origins.
pub(in crate::cli) fn slug(name: &str) -> String {
    let mut slug = String::new();
    for character in name.chars() {
        if character.is_ascii_alphanumeric() {
            slug.push(character.to_ascii_lowercase());
        } else if !slug.ends_with('-') && !slug.is_empty() {
            slug.push('-');
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "organisation".to_owned() } else { slug.to_owned() }
}

fn origin(args: &Args) -> Result<Origin, Failure> {
    let text = match &args.origin {
        Some(text) => text.clone(),
        // Reserved domain (RFC 2606): a ledger without an address of its own.
        None => format!("ledger.invalid/{}/dspt", slug(&args.org)),
    };
    if is_demonstration(&text) {
        let text =
            format!("--origin: `{text}` is a name of demonstrations, whose keys everybody has");
        return Err(Failure::usage(text).help("take a domain of your own"));
    }
    Origin::parse(&text).map_err(|bad| Failure::usage(format!("--origin: {bad}")))
}

/// The category of a type, by the catalogue where it knows the type, else as given.
fn category_of(args: &Args) -> Result<CategoryId, Failure> {
    let (edition, wanted) = (&args.edition, &args.organisation_type);
    let types = table(&format!("dspt-{edition}/organisation-types.csv"));
    let rows = types.as_ref().map_or(&[][..], |types| types.rows.as_slice());
    let row = rows.iter().find(|row| row.get("organisation_type") == wanted.as_str());
    let known = row.map(|row| row.get("category").parse::<CategoryId>()).transpose()?;
    match (known, &args.category) {
        (Some(known), Some(given)) if known != *given => Err(Failure::usage(format!(
            "--category: {wanted} is in category {known} in DSPT {edition}, not in {given}"
        ))
        .help("leave out --category, or give the type that is meant")),
        (Some(known), _) => Ok(known),
        (None, Some(given)) => Ok(given.clone()),
        (None, None) if rows.is_empty() => Err(Failure::usage(format!(
            "the catalogue does not know DSPT {edition}, so not which category {wanted} is in"
        ))
        .help("give it with --category, and the first day with --from")),
        (None, None) => {
            let names = || rows.iter().map(|row| row.get("organisation_type").to_owned());
            let near = closest(wanted.as_str(), names());
            let near = near.map_or_else(String::new, |near| format!("did you mean {near}? "));
            let known: Vec<String> = names().collect();
            let text =
                format!("`{wanted}` is not a type that the catalogue knows of DSPT {edition}");
            Err(Failure::usage(text).help(format!(
                "{near}known are {}; for another, give its category with --category, such as cat3",
                known.join(", ")
            )))
        }
    }
}

fn scope(args: &Args, from: Date) -> Result<ScopeDeclared, Failure> {
    let mut units = units(&args.units, true)?;
    units.extend(self::units(&args.other_units, false)?);
    if units.is_empty() {
        units = self::units(&["all=Whole organisation".to_owned()], true)?;
    }
    Ok(ScopeDeclared { units, from })
}
