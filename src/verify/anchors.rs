//! Whether an anchor is one: a head of this very ledger, dated by the outsiders that it names.

use super::audit::outcome::Ledger;
use super::rule::Rule;
use crate::domain::date::Timestamp;
use crate::domain::event::{AnchorCosigned, AnchorTimestamped, Event};
use crate::domain::state::anchor::{Anchor, Outsider};
use crate::ledger::{
    Checkpoint, Digest, LogKeys, Policy, Subject, WitnessKey, cosignature, timestamp,
};

/// The name of the token among the subjects of an entry.
pub const TOKEN: &str = "timestamp.tsr";

/// What stands before an anchor.
pub(crate) struct Before<'l> {
    /// The place of the anchor.
    pub(crate) seq: u64,
    /// The name of the ledger.
    pub(crate) origin: &'l str,
    /// The keys that sign its heads.
    pub(crate) log: &'l LogKeys,
}

/// A rule that an anchor breaks, and what was found.
type Broken = (Rule, String);

/// An anchor whose token, if it has one, is still to be read, with the root that it names.
#[derive(Clone, Debug)]
pub(crate) struct Claimed {
    /// The head.
    pub(crate) checkpoint: Checkpoint,
    /// Who dated it when; for a token nothing, since its bytes are content.
    pub(crate) anchors: Vec<Anchor>,
    /// For a token: its digest, and what it must be an imprint of.
    pub(crate) token: Option<(Digest, Token)>,
}

/// What is to be true of a token.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) seq: u64,
    pub(crate) size: u64,
    pub(crate) imprint: Digest,
    pub(crate) authority: String,
}

/// Checks all of an anchor but its root and its token; none for another event.
pub(crate) fn claimed(
    event: &Event,
    subjects: &[Subject],
    before: &Before<'_>,
) -> Result<Option<Claimed>, Broken> {
    if let Event::AnchorCosigned(body) = event {
        return cosigned(body, before).map(Some);
    }
    if let Event::AnchorTimestamped(body) = event {
        return timestamped(body, subjects, before).map(Some);
    }
    Ok(None)
}

fn head(note: &str, before: &Before<'_>) -> Result<Checkpoint, Broken> {
    let checkpoint =
        before.log.open(note.as_bytes()).map_err(|bad| (Rule::Anchor, bad.to_string()))?;
    if checkpoint.origin.as_str() != before.origin {
        return Err((Rule::AnchorPlace, format!("it is a head of {}", checkpoint.origin)));
    }
    if checkpoint.size > before.seq {
        let text = format!("it covers {} entries, {} stand before it", checkpoint.size, before.seq);
        return Err((Rule::AnchorPlace, text));
    }
    Ok(checkpoint)
}

/// How many signature lines a note has.
fn lines(note: &str) -> usize {
    note.rsplit_once("\n\n").map_or(0, |(_, lines)| lines.lines().count())
}

fn cosigned(body: &AnchorCosigned, before: &Before<'_>) -> Result<Claimed, Broken> {
    const RULE: Rule = Rule::AnchorWitness;
    let checkpoint = head(&body.checkpoint, before)?;
    let mut known: Vec<WitnessKey> = Vec::new();
    for text in &body.witnesses {
        let key = WitnessKey::parse(text).map_err(|bad| (RULE, bad.to_string()))?;
        if known.iter().any(|one| one.key() == key.key()) {
            return Err((RULE, format!("it names the key of {} twice", key.name())));
        }
        if before.log.all().any(|log| log.key() == key.key()) {
            return Err((RULE, format!("the key of {} is a log key of this ledger", key.name())));
        }
        known.push(key);
    }
    let found = cosignature::verify(body.checkpoint.as_bytes(), &known)
        .map_err(|bad| (RULE, bad.to_string()))?;
    if known.is_empty() || found.len() != known.len() {
        return Err((RULE, format!("{} of {} witnesses signed", found.len(), known.len())));
    }
    if lines(&body.checkpoint) != known.len() + 1 {
        return Err((RULE, "it holds a signature of nobody that it names".to_owned()));
    }
    let mut anchors = Vec::new();
    for one in &found {
        let millis = i64::try_from(one.time()).ok().and_then(|time| time.checked_mul(1_000));
        // Times outside the years that an entry can have are cut, and so not the same.
        let exact =
            |millis: i64| Some(Timestamp::from_millis(millis)).filter(|at| at.millis() == millis);
        let at = millis.and_then(exact);
        let at = at.ok_or_else(|| (RULE, format!("the time {} is out of range", one.time())))?;
        anchors.push(Anchor {
            seq: Some(before.seq),
            size: checkpoint.size,
            at,
            outsider: Outsider::Witness,
            by: one.witness().to_string(),
        });
    }
    Ok(Claimed { checkpoint, anchors, token: None })
}

fn timestamped(
    body: &AnchorTimestamped,
    subjects: &[Subject],
    before: &Before<'_>,
) -> Result<Claimed, Broken> {
    let checkpoint = head(&body.checkpoint, before)?;
    if lines(&body.checkpoint) != 1 {
        return Err((Rule::Anchor, "it holds more than the line of the log key".to_owned()));
    }
    let named = subjects.iter().find(|one| one.name == TOKEN);
    let digest = named.ok_or_else(|| (Rule::AnchorToken, format!("it names no {TOKEN}")))?.sha256;
    let token = Token {
        seq: before.seq,
        size: checkpoint.size,
        imprint: Digest::of(body.checkpoint.as_bytes()),
        authority: body.authority.clone(),
    };
    Ok(Claimed { checkpoint, anchors: Vec::new(), token: Some((digest, token)) })
}

/// Reads a token: the time that it gives to the head. Whose signature it bears is not looked at.
pub(crate) fn token(bytes: &[u8], token: &Token) -> Result<Anchor, Broken> {
    const RULE: Rule = Rule::AnchorToken;
    let stamp = timestamp::read(bytes).map_err(|bad| (RULE, bad.to_string()))?;
    if stamp.imprint != token.imprint {
        return Err((RULE, format!("it is about {}, not about the head", stamp.imprint.hex())));
    }
    let at = Timestamp::parse(&stamp.time);
    let at = at.ok_or_else(|| (RULE, format!("`{}` is not a time", stamp.time)))?;
    let (size, by) = (token.size, token.authority.clone());
    Ok(Anchor { seq: Some(token.seq), size, at, outsider: Outsider::Authority, by })
}

/// Why the word of such a witness does not count.
pub const OWN_KEY: &str = "its key is one of this ledger's own";

/// Says whether the witness of an anchor has a key that the ledger ever had: then it is nobody from
/// outside.
pub fn is_own(anchor: &Anchor, ledger: &Ledger) -> bool {
    WitnessKey::parse(&anchor.by).is_ok_and(|key| ledger.is_own(key.key()))
}

/// Says whether the word of a witness counts: its key is none of the ledger's own, and it is one of
/// the policy's, or there is no policy. A key is what it is, whatever it is called. Of a token it says
/// nothing: that takes a check of its own.
pub fn counts(anchor: &Anchor, ledger: &Ledger, policy: Option<&Policy>) -> bool {
    if is_own(anchor, ledger) {
        return false;
    }
    let Some(policy) = policy else { return true };
    let key = WitnessKey::parse(&anchor.by);
    key.is_ok_and(|key| policy.witnesses().iter().any(|known| known.key.key() == key.key()))
}
