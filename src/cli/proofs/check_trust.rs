//! Whom `dspt check` believes, and what it finds good by that.

use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;

use super::check_reason::{Refused, note_rule};
use crate::cli::code::Code;
use crate::cli::error::{Failure, chain, exit};
use crate::ledger::checkpoint::check_origin;
use crate::ledger::note::NoteError;
use crate::ledger::{CheckpointError, Cosigned, Head, Policy, Vkey, WitnessKey, cosignature};

/// Whom to believe.
#[derive(ClapArgs, Debug)]
pub(super) struct Trust {
    /// The log's key: NAME+HASH+BASE64, from somewhere other than the log itself
    #[arg(long, value_name = "VKEY", required_unless_present = "policy")]
    vkey: Option<String>,
    /// The log's origin, where it is not the name of its key
    #[arg(long)]
    origin: Option<String>,
    /// A witness that you know; may be given several times
    #[arg(long, value_name = "VKEY")]
    witness: Vec<String>,
    /// How many of the witnesses must have cosigned; all when not given
    #[arg(long, value_name = "NUMBER")]
    quorum: Option<usize>,
    /// Logs, witnesses and quorum from a C2SP tlog-policy file instead
    #[arg(long, value_name = "FILE", conflicts_with_all = ["vkey", "origin", "witness", "quorum"])]
    policy: Option<PathBuf>,
}

/// [`Trust`], understood.
pub(super) struct Known {
    logs: Vec<(Vkey, String)>,
    pub(super) witnesses: Vec<WitnessKey>,
    quorum: Quorum,
}

/// Which witnesses are enough.
enum Quorum {
    AtLeast(usize),
    Policy(Policy),
}

/// What was given, and whether it is refused; a [`Failure`] where it cannot be understood at all.
pub(super) type Read<T> = Result<Result<T, Refused>, Failure>;

/// A key out of an argument. A text that is no key, or one of another kind, is a command that was
/// used wrongly; a key whose id is not its own, or that no verifier may take, is refused as any
/// other forged thing is.
pub(super) fn key<T>(flag: &str, read: Result<T, NoteError>) -> Read<T> {
    match read {
        Ok(key) => Ok(Ok(key)),
        Err(error @ (NoteError::WrongKeyId { .. } | NoteError::BadKey(_))) => {
            Ok(Err(Refused::new(note_rule(&error), format!("{flag}: {}", chain(&error)))))
        }
        Err(error) => Err(Failure::usage(format!("{flag}: {}", chain(&error)))),
    }
}

impl Trust {
    pub(super) fn known(&self) -> Read<Known> {
        match (&self.policy, &self.vkey) {
            (Some(path), _) => policy(path).map(Ok),
            (None, Some(vkey)) => self.named(vkey),
            (None, None) => Err(Failure::usage("give the log's key with --vkey, or a --policy")),
        }
    }

    fn named(&self, vkey: &str) -> Read<Known> {
        let log = match key("--vkey", Vkey::parse(vkey))? {
            Ok(log) => log,
            Err(refused) => return Ok(Err(refused)),
        };
        let origin = self.origin.clone().unwrap_or_else(|| log.name().to_string());
        check_origin(&origin)
            .map_err(|error| Failure::usage(format!("--origin: {}", chain(&error))))?;
        let mut witnesses: Vec<WitnessKey> = Vec::new();
        for text in &self.witness {
            let key = match key("--witness", WitnessKey::parse(text))? {
                Ok(key) => key,
                Err(refused) => return Ok(Err(refused)),
            };
            if witnesses.iter().any(|before| before.key() == key.key()) {
                let text = format!("--witness {key} is given twice; one key is one witness");
                return Err(Failure::usage(text));
            }
            witnesses.push(key);
        }
        let quorum = self.quorum.unwrap_or(witnesses.len());
        if quorum > witnesses.len() || (quorum == 0 && self.quorum.is_some()) {
            let text = format!(
                "--quorum {quorum} does not fit {} witnesses; give 1 to that many, or no quorum",
                witnesses.len()
            );
            return Err(Failure::usage(text));
        }
        Ok(Ok(Known { logs: vec![(log, origin)], witnesses, quorum: Quorum::AtLeast(quorum) }))
    }
}

/// Reads a policy; its logs have the names of their keys as origins.
fn policy(path: &Path) -> Result<Known, Failure> {
    let policy = super::anchor::policy(path)?;
    let logs = policy.logs().iter().map(|log| (log.vkey.clone(), log.vkey.name().to_string()));
    let logs: Vec<(Vkey, String)> = logs.collect();
    if logs.is_empty() {
        let text = format!("{} names no log; add one, or give --vkey", path.display());
        return Err(Failure::new(Code::Policy, exit::INPUT, text));
    }
    let witnesses = policy.witnesses().iter().map(|one| one.key.clone()).collect();
    Ok(Known { logs, witnesses, quorum: Quorum::Policy(policy) })
}

/// What was found to be good.
pub(super) struct Good {
    pub(super) head: Head,
    pub(super) cosigned: Vec<Cosigned>,
    /// What else was checked, in words and as a field of the JSON answer.
    pub(super) checked: Vec<(&'static str, u64, &'static str)>,
    /// How many files there were that nothing can be said of.
    pub(super) unchecked: u64,
}

impl Known {
    /// Opens a checkpoint with the key of a log that is known.
    pub(super) fn head(&self, note: &[u8]) -> Result<Head, Refused> {
        let mut refused = CheckpointError::Note(NoteError::NotSigned);
        for (log, origin) in &self.logs {
            match Head::open(note, log, origin) {
                Ok(head) => return Ok(head),
                // That another log's key did not sign it says less than any other fault.
                Err(CheckpointError::Note(NoteError::NotSigned)) => {}
                Err(error) => refused = error,
            }
        }
        Err(refused.into())
    }

    /// Opens a checkpoint and counts its witnesses.
    pub(super) fn opened(&self, note: &[u8]) -> Result<Good, Refused> {
        let head = self.head(note)?;
        let cosigned = cosignature::verify(note, &self.witnesses)?;
        let met = match &self.quorum {
            Quorum::AtLeast(number) => cosigned.len() >= *number,
            Quorum::Policy(policy) => {
                policy.met_by(&cosigned.iter().map(Cosigned::witness).collect::<Vec<_>>())
            }
        };
        if !met {
            let needed = match &self.quorum {
                Quorum::AtLeast(number) => format!("{number} are needed"),
                Quorum::Policy(_) => "the policy asks for more or others".to_owned(),
            };
            let text = format!(
                "{} of the witnesses that you know cosigned, and {needed}; ask for a checkpoint \
                 with more cosignatures",
                cosigned.len()
            );
            return Err(Refused::new("quorum-not-met", text));
        }
        Ok(Good {
            head,
            cosigned,
            checked: vec![("signatures", 1, "of the log, strictly")],
            unchecked: 0,
        })
    }

    /// The log that was asked about, where there is one alone.
    pub(super) fn origin(&self) -> Option<&str> {
        match self.logs.as_slice() {
            [(_, origin)] => Some(origin),
            _ => None,
        }
    }
}
