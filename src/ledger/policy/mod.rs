//! Trust policies (C2SP `tlog-policy`): which logs and witnesses a reader knows, and which
//! witnesses together are enough. A policy is read whole or not at all, with every fault of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use thiserror::Error;

use super::cosignature::WitnessKey;
use super::digest::shown;
use super::note::{NoteError, Vkey};

/// The longest policy that is read, in bytes.
pub const POLICY_BYTES_MAX: usize = 1_000_000;

/// The name that stands for no witness at all.
const NONE: &str = "none";

/// A policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    logs: Vec<PolicyLog>,
    witnesses: Vec<PolicyWitness>,
    groups: Vec<Group>,
    quorum: Quorum,
}

/// Who must have cosigned.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Quorum {
    Nobody,
    Named(String),
}

/// A log that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyLog {
    /// Its key, named as its origin.
    pub vkey: Vkey,
    /// Where it can be reached.
    pub url: Option<String>,
}

/// A witness that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyWitness {
    /// What the policy calls it; means nothing outside of it.
    pub name: String,
    /// Its key.
    pub key: WitnessKey,
    /// Where it can be reached.
    pub url: Option<String>,
}

/// How many members make a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Threshold {
    Any,
    All,
    AtLeast(usize),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Group {
    name: String,
    threshold: Threshold,
    members: Vec<String>,
}

impl Group {
    fn met(&self, met: &BTreeSet<&str>) -> bool {
        let count = self.members.iter().filter(|name| met.contains(name.as_str())).count();
        count >= self.needed()
    }

    const fn needed(&self) -> usize {
        match self.threshold {
            Threshold::Any => 1,
            Threshold::All => self.members.len(),
            Threshold::AtLeast(number) => number,
        }
    }
}

impl Policy {
    /// Reads a policy file.
    ///
    /// # Errors
    /// Every line that is refused, in order.
    pub fn parse(bytes: &[u8]) -> Result<Self, PolicyErrors> {
        let mut reader = Reader::default();
        match text_of(bytes) {
            Ok(text) => {
                for (line, number) in text.split_terminator('\n').zip(1..) {
                    if let Err(fault) = reader.line(line) {
                        reader.errors.push(PolicyError { line: number, fault });
                    }
                }
                reader.finish(text.split_terminator('\n').count())
            }
            Err(error) => Err(PolicyErrors(vec![error])),
        }
    }

    /// Returns the logs in the order of the file.
    pub fn logs(&self) -> &[PolicyLog] {
        &self.logs
    }

    /// Returns the witnesses in the order of the file.
    pub fn witnesses(&self) -> &[PolicyWitness] {
        &self.witnesses
    }

    /// Says whether the policy asks for no witness at all.
    pub const fn asks_nobody(&self) -> bool {
        matches!(self.quorum, Quorum::Nobody)
    }

    /// Tells whether the witnesses with these names in the policy are enough. Where the policy asks
    /// for none, nobody is enough.
    #[must_use]
    pub fn quorum_met(&self, cosigned: &BTreeSet<&str>) -> bool {
        let Quorum::Named(quorum) = &self.quorum else { return true };
        let known = self.witnesses.iter().map(|witness| witness.name.as_str());
        let mut met: BTreeSet<&str> = known.filter(|name| cosigned.contains(name)).collect();
        // A group names only what stands before it, so one pass decides all of them.
        for group in &self.groups {
            if group.met(&met) {
                met.insert(&group.name);
            }
        }
        met.contains(quorum.as_str())
    }

    /// Tells whether the witnesses with these keys are enough.
    #[must_use]
    pub fn met_by(&self, keys: &[&WitnessKey]) -> bool {
        let signed = |one: &&PolicyWitness| keys.iter().any(|key| key.key() == one.key.key());
        let witnesses = self.witnesses.iter().filter(signed);
        self.quorum_met(&witnesses.map(|witness| witness.name.as_str()).collect())
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = |url: Option<&str>| url.map_or(String::new(), |url| format!(" {url}"));
        for log in &self.logs {
            writeln!(out, "log {}{}", log.vkey, url(log.url.as_deref()))?;
        }
        for one in &self.witnesses {
            writeln!(out, "witness {} {}{}", one.name, one.key, url(one.url.as_deref()))?;
        }
        for group in &self.groups {
            let threshold = match group.threshold {
                Threshold::Any => "any".to_owned(),
                Threshold::All => "all".to_owned(),
                Threshold::AtLeast(number) => number.to_string(),
            };
            writeln!(out, "group {} {threshold} {}", group.name, group.members.join(" "))?;
        }
        let quorum = match &self.quorum {
            Quorum::Nobody => NONE,
            Quorum::Named(name) => name,
        };
        writeln!(out, "quorum {quorum}")
    }
}

/// Every fault of a policy, by line.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct PolicyErrors(pub Vec<PolicyError>);

/// A fault of a policy.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {line}: {fault}")]
pub struct PolicyError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub fault: PolicyFault,
}

/// What is wrong with a line of a policy.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PolicyFault {
    /// More bytes than are read.
    #[error("the policy has {found} bytes; at most {POLICY_BYTES_MAX} are read")]
    TooLong {
        /// How many bytes.
        found: usize,
    },
    /// Not UTF-8.
    #[error("it is not UTF-8; save the file as UTF-8")]
    NotText,
    /// A control character other than tab and newline.
    #[error("byte {found:#04x} is a control character; only tab and newline may stand here")]
    Control {
        /// The byte.
        found: u8,
    },
    /// The last line does not end.
    #[error("the last line has no newline; the file may be cut off, ask for it again")]
    Unfinished,
    /// A line that begins with another word.
    #[error("`{found}` is not log, witness, group or quorum; correct the first word")]
    UnknownWord {
        /// The word, shortened and without control characters.
        found: String,
    },
    /// Too few or too many words.
    #[error("the line is not `{wanted}`; correct it")]
    EntryText {
        /// How the line is written.
        wanted: &'static str,
    },
    /// A key that is refused.
    #[error("{0}")]
    Key(NoteError),
    /// A key that stands in the policy already.
    #[error("the key `{found}` stands on an earlier line; one key is one log or one witness")]
    DuplicateKey {
        /// The key.
        found: String,
    },
    /// A name that is taken or has a meaning of its own.
    #[error("the name `{found}` is taken; give every witness and group a name of its own")]
    NameTaken {
        /// The name, shortened and without control characters.
        found: String,
    },
    /// A name that no earlier line gives.
    #[error("no earlier line defines `{found}`; define it first")]
    UnknownName {
        /// The name, shortened and without control characters.
        found: String,
    },
    /// A member of two groups, or twice of one.
    #[error("`{found}` is a member already; each name may be in one group once")]
    MemberAgain {
        /// The name, shortened and without control characters.
        found: String,
    },
    /// A threshold that no members or fewer than all can meet.
    #[error("`{found}` is not any, all or a number from 1 to {members}; correct it")]
    Threshold {
        /// The threshold, shortened and without control characters.
        found: String,
        /// How many members there are.
        members: usize,
    },
    /// A second quorum.
    #[error("the quorum stands on an earlier line; keep one of them")]
    QuorumAgain,
    /// No quorum.
    #[error("the policy has no quorum line; end it with `quorum NAME` or `quorum none`")]
    NoQuorum,
}

fn text_of(bytes: &[u8]) -> Result<&str, PolicyError> {
    let line_at = |at: usize| {
        let before = bytes.get(..at).unwrap_or(bytes);
        before.split(|byte| *byte == b'\n').count()
    };
    if bytes.len() > POLICY_BYTES_MAX {
        let fault = PolicyFault::TooLong { found: bytes.len() };
        return Err(PolicyError { line: 1, fault });
    }
    let control = |byte: &u8| *byte < b' ' && *byte != b'\t' && *byte != b'\n' || *byte == 0x7f;
    if let Some((at, byte)) = bytes.iter().enumerate().find(|(_, byte)| control(byte)) {
        let fault = PolicyFault::Control { found: *byte };
        return Err(PolicyError { line: line_at(at), fault });
    }
    let text = std::str::from_utf8(bytes).map_err(|error| PolicyError {
        line: line_at(error.valid_up_to()),
        fault: PolicyFault::NotText,
    })?;
    if text.is_empty() || text.ends_with('\n') {
        return Ok(text);
    }
    Err(PolicyError { line: line_at(bytes.len()), fault: PolicyFault::Unfinished })
}

/// What the lines so far say.
#[derive(Default)]
struct Reader {
    logs: Vec<PolicyLog>,
    witnesses: Vec<PolicyWitness>,
    groups: Vec<Group>,
    quorum: Option<Quorum>,
    log_keys: BTreeSet<[u8; 32]>,
    witness_keys: BTreeSet<[u8; 32]>,
    /// Every name, and whether it is a member of a group.
    names: BTreeMap<String, bool>,
    errors: Vec<PolicyError>,
}

impl Reader {
    fn line(&mut self, line: &str) -> Result<(), PolicyFault> {
        let words: Vec<&str> = line.split([' ', '\t']).filter(|word| !word.is_empty()).collect();
        let Some((first, rest)) = words.split_first() else { return Ok(()) };
        if first.starts_with('#') {
            return Ok(());
        }
        match *first {
            "log" => self.log(rest),
            "witness" => self.witness(rest),
            "group" => self.group(rest),
            "quorum" => self.quorum(rest),
            other => Err(PolicyFault::UnknownWord { found: shown(other) }),
        }
    }

    fn log(&mut self, words: &[&str]) -> Result<(), PolicyFault> {
        let (vkey, url) = match words {
            [vkey] => (vkey, None),
            [vkey, url] => (vkey, Some((*url).to_owned())),
            _ => return Err(PolicyFault::EntryText { wanted: "log VKEY [URL]" }),
        };
        let vkey = Vkey::parse(vkey).map_err(PolicyFault::Key)?;
        if !self.log_keys.insert(*vkey.key().as_bytes()) {
            return Err(PolicyFault::DuplicateKey { found: vkey.to_string() });
        }
        self.logs.push(PolicyLog { vkey, url });
        Ok(())
    }

    fn witness(&mut self, words: &[&str]) -> Result<(), PolicyFault> {
        let (name, key, url) = match words {
            [name, key] => (name, key, None),
            [name, key, url] => (name, key, Some((*url).to_owned())),
            _ => return Err(PolicyFault::EntryText { wanted: "witness NAME VKEY [URL]" }),
        };
        self.free(name)?;
        let key = WitnessKey::parse(key).map_err(PolicyFault::Key)?;
        if !self.witness_keys.insert(*key.key().as_bytes()) {
            return Err(PolicyFault::DuplicateKey { found: key.to_string() });
        }
        self.names.insert((*name).to_owned(), false);
        self.witnesses.push(PolicyWitness { name: (*name).to_owned(), key, url });
        Ok(())
    }

    fn group(&mut self, words: &[&str]) -> Result<(), PolicyFault> {
        let [name, threshold, members @ ..] = words else {
            return Err(PolicyFault::EntryText { wanted: "group NAME any|all|NUMBER NAME..." });
        };
        if members.is_empty() {
            return Err(PolicyFault::EntryText { wanted: "group NAME any|all|NUMBER NAME..." });
        }
        self.free(name)?;
        let threshold = threshold_of(threshold, members.len())?;
        for member in members {
            match self.names.get_mut(*member) {
                None => return Err(PolicyFault::UnknownName { found: shown(member) }),
                Some(taken) if *taken => {
                    return Err(PolicyFault::MemberAgain { found: shown(member) });
                }
                Some(taken) => *taken = true,
            }
        }
        self.names.insert((*name).to_owned(), false);
        let members = members.iter().map(|member| (*member).to_owned()).collect();
        self.groups.push(Group { name: (*name).to_owned(), threshold, members });
        Ok(())
    }

    fn quorum(&mut self, words: &[&str]) -> Result<(), PolicyFault> {
        let [name] = words else {
            return Err(PolicyFault::EntryText { wanted: "quorum NAME|none" });
        };
        if self.quorum.is_some() {
            return Err(PolicyFault::QuorumAgain);
        }
        if *name == NONE {
            self.quorum = Some(Quorum::Nobody);
        } else if self.names.contains_key(*name) {
            self.quorum = Some(Quorum::Named((*name).to_owned()));
        } else {
            return Err(PolicyFault::UnknownName { found: shown(name) });
        }
        Ok(())
    }

    fn free(&self, name: &str) -> Result<(), PolicyFault> {
        if name == NONE || self.names.contains_key(name) {
            return Err(PolicyFault::NameTaken { found: shown(name) });
        }
        Ok(())
    }

    fn finish(mut self, lines: usize) -> Result<Policy, PolicyErrors> {
        let tried = |error: &PolicyError| matches!(error.fault, PolicyFault::UnknownName { .. });
        if self.quorum.is_none() && !self.errors.iter().any(tried) {
            self.errors.push(PolicyError { line: lines.max(1), fault: PolicyFault::NoQuorum });
        }
        match self.quorum {
            Some(quorum) if self.errors.is_empty() => Ok(Policy {
                logs: self.logs,
                witnesses: self.witnesses,
                groups: self.groups,
                quorum,
            }),
            _ => Err(PolicyErrors(self.errors)),
        }
    }
}

fn threshold_of(text: &str, members: usize) -> Result<Threshold, PolicyFault> {
    let bad = || PolicyFault::Threshold { found: shown(text), members };
    match text {
        "any" => Ok(Threshold::Any),
        "all" => Ok(Threshold::All),
        _ => {
            let number = super::checkpoint::decimal(text).ok_or_else(bad)?;
            let number = usize::try_from(number).map_err(|_| bad())?;
            let possible = (1..=members).contains(&number);
            possible.then_some(Threshold::AtLeast(number)).ok_or_else(bad)
        }
    }
}

#[cfg(test)]
mod tests;
