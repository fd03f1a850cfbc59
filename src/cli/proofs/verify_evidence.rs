//! `dspt verify --evidence`: whether files in a folder are those whose digests the ledger names. That
//! is a question about the files, apart from whether the history can be trusted.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::cli::error::{Failure, exit};
use crate::cli::output::safe;
use crate::domain::event::Event;
use crate::domain::problem_code::ProblemCode;
use crate::domain::sanitize::counted;
use crate::durable;
use crate::ledger::Digester;
use crate::verify::audit::Ledger;

/// A file that has the name of one that an entry names, and is another.
struct Changed {
    file: String,
    entry: u64,
    found: String,
    named: String,
}

/// What came of comparing a folder.
pub(in crate::cli) struct Evidence {
    folder: PathBuf,
    /// Why nothing was compared, where nothing could be.
    why_not: Option<&'static str>,
    good: u64,
    absent: u64,
    changed: Vec<Changed>,
    /// Files that could not be read, and why.
    unread: Vec<(String, String)>,
}

impl Evidence {
    /// Compares the files of a folder with what the ledger names.
    ///
    /// # Errors
    /// [`Failure`] when the folder itself cannot be read.
    pub(in crate::cli) fn of(folder: &Path, ledger: Option<&Ledger>) -> Result<Self, Failure> {
        let (digests, unread) = digests(folder)?;
        let mut all = Self {
            folder: folder.to_owned(),
            why_not: None,
            good: 0,
            absent: 0,
            changed: Vec::new(),
            unread,
        };
        let Some(ledger) = ledger else {
            all.why_not = Some("what the entries name cannot be believed");
            return Ok(all);
        };
        let named = named(ledger);
        let known: BTreeSet<&str> = named.keys().map(|(_, sha256)| sha256.as_str()).collect();
        let there: BTreeSet<&str> = digests.values().map(String::as_str).collect();
        for ((file, sha256), entry) in &named {
            match digests.get(file) {
                _ if there.contains(sha256.as_str()) => all.good += 1,
                // An earlier or later version of it, which another entry names.
                Some(found) if known.contains(found.as_str()) => all.absent += 1,
                Some(found) => all.changed.push(Changed {
                    file: file.clone(),
                    entry: *entry,
                    found: found.clone(),
                    named: sha256.clone(),
                }),
                None => all.absent += 1,
            }
        }
        Ok(all)
    }

    /// Tells whether a file is not what was recorded.
    pub(in crate::cli) fn differs(&self) -> bool {
        !self.changed.is_empty()
    }

    /// What is said to people, every file that differs named.
    pub(in crate::cli) fn text(&self) -> String {
        let folder = safe(&self.folder.display().to_string());
        let mut text = format!("Evidence files in {folder}: ");
        if let Some(why) = self.why_not {
            let _ = writeln!(text, "not compared: {why}");
            return text;
        }
        let (good, absent) = (counted(self.good, "file"), self.absent);
        let rest = format!("{good} as recorded; not there, of those that entries name: {absent}");
        let _ = match (self.changed.len() as u64, self.good) {
            (0, 0) => writeln!(text, "nothing was compared: none that an entry names is there"),
            (0, _) => writeln!(text, "{rest}"),
            (changed, _) => writeln!(text, "{changed} NOT AS RECORDED; {rest}"),
        };
        for one in &self.changed {
            let (file, entry) = (safe(&one.file), one.entry);
            let _ = writeln!(text, "  {file} (entry #{entry})");
            let _ = writeln!(text, "    its SHA-256   {}", one.found);
            let _ = writeln!(text, "    as recorded   {}", one.named);
        }
        for (file, why) in &self.unread {
            let _ = writeln!(text, "  {}: not read: {}", safe(file), safe(why));
        }
        if self.differs() {
            text.push_str(
                "  That says nothing against the ledger: look for the file as it was, or record the \
                 new one with dspt record evidence\n",
            );
        }
        text
    }

    /// The same for programs.
    pub(in crate::cli) fn json(&self) -> Value {
        let changed = self.changed.iter().map(|one| {
            json!({
                "file": one.file,
                "entry": one.entry,
                "found": one.found,
                "recorded": one.named,
            })
        });
        let unread = self.unread.iter().map(|(file, why)| json!({ "file": file, "why": why }));
        json!({
            "folder": self.folder.display().to_string(),
            "compared": self.why_not.is_none(),
            "good": self.good,
            "absent": self.absent,
            "changed": changed.collect::<Vec<_>>(),
            "not_read": unread.collect::<Vec<_>>(),
        })
    }
}

/// The evidence files that entries name, each once by name and digest, with the first that does.
fn named(ledger: &Ledger) -> BTreeMap<(String, String), u64> {
    let mut named = BTreeMap::new();
    for fact in &ledger.facts {
        let Event::EvidenceRecorded(_) = &fact.event else { continue };
        for subject in fact.subjects.iter().filter(|one| !one.name.starts_with("import:")) {
            named.entry((subject.name.clone(), subject.sha256.clone())).or_insert(fact.seq);
        }
    }
    named
}

type Digests = (BTreeMap<String, String>, Vec<(String, String)>);

/// The digest of each file of a folder by its name, and the files that could not be read.
fn digests(folder: &Path) -> Result<Digests, Failure> {
    let failed = |error: std::io::Error| {
        let text = format!("the folder {} cannot be read: {error}", folder.display());
        Failure::new(ProblemCode::File, exit::INPUT, text)
            .help("check the path given with --evidence")
    };
    let (mut digests, mut unread) = (BTreeMap::new(), Vec::new());
    for file in std::fs::read_dir(folder).map_err(failed)? {
        let file = file.map_err(failed)?;
        let (path, name) = (file.path(), file.file_name().to_string_lossy().into_owned());
        if path.is_dir() {
            continue;
        }
        let mut hash = Digester::new();
        match durable::read_blocks(&path, u64::MAX, |block| hash.add(block)) {
            Ok(_) => drop(digests.insert(name, hash.finish().hex())),
            Err(error) => unread.push((name, error.to_string())),
        }
    }
    unread.sort();
    Ok((digests, unread))
}
