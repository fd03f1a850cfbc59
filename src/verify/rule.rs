//! The phases of verification in their order, and every rule with its phase, its name and what a
//! break of it means: the one table of them. `docs/FORMAT.md` says in words when each is broken.

use std::fmt;

use crate::ledger::FaultKind;

/// A phase of verification. Their order here is the order in which they are checked and told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// The list of a bundle and its files; only in a bundle.
    Bundle,
    /// The reader's policy.
    Policy,
    /// The signed head.
    Head,
    /// Enough witnesses.
    Quorum,
    /// Recent enough.
    Fresh,
    /// Consistent with what the reader kept.
    Kept,
    /// Every entry.
    Entries,
    /// The tree.
    Root,
    /// Anchors and intervals.
    Anchors,
    /// Proofs as files; only in a bundle.
    Proofs,
    /// Stored content, and evidence files.
    Content,
    /// The newest statement as a file; only in a bundle.
    Statement,
    /// The name of the item; only in a bundle of one item.
    Item,
    /// Replay to statuses, and the findings.
    Replay,
    /// What is not given out, and so not shown; only in a bundle of one item.
    Withheld,
    /// The head file beside a ledger file.
    HeadFile,
}

impl Phase {
    /// Every phase, in order.
    pub const ALL: [Self; 16] = [
        Self::Bundle,
        Self::Policy,
        Self::Head,
        Self::Quorum,
        Self::Fresh,
        Self::Kept,
        Self::Entries,
        Self::Root,
        Self::Anchors,
        Self::Proofs,
        Self::Content,
        Self::Statement,
        Self::Item,
        Self::Replay,
        Self::Withheld,
        Self::HeadFile,
    ];

    /// The phases that every ledger has, as a file or as a folder.
    pub const OF_A_LEDGER: [Self; 10] = [
        Self::Policy,
        Self::Head,
        Self::Quorum,
        Self::Fresh,
        Self::Kept,
        Self::Entries,
        Self::Root,
        Self::Anchors,
        Self::Content,
        Self::Replay,
    ];

    /// Returns its stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bundle => "bundle",
            Self::Policy => "policy",
            Self::Head => "head",
            Self::Quorum => "quorum",
            Self::Fresh => "fresh",
            Self::Kept => "kept",
            Self::Entries => "entries",
            Self::Root => "root",
            Self::Anchors => "anchors",
            Self::Proofs => "proofs",
            Self::Content => "content",
            Self::Statement => "statement",
            Self::Item => "item",
            Self::Replay => "replay",
            Self::Withheld => "withheld",
            Self::HeadFile => "head file",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.name())
    }
}

const NOT_SIGNED: &str = "it is proven that this is not what its keys signed";
const TWO_HISTORIES: &str = "the log key signed two histories, or an older copy was put back";
const FOLDER: &str = "the folder is not as it was made; ask for it again";
const ENTRY_CHANGED: &str = "the text of this entry is not the one that was recorded and signed: it \
                             was changed afterwards, or the file is damaged";
const STATEMENT: &str = "the statement given out is not what the ledger says";

/// Makes the enum and its three columns out of the rows of the table.
macro_rules! rules {
    ($($rule:ident $phase:ident $name:literal $meaning:expr;)+) => {
        /// A rule that a ledger or a bundle can break, or what a finding or a remark is about.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule {
            $(#[doc = concat!("`", $name, "`.")] $rule,)+
        }

        impl Rule {
            /// Every rule, by phase.
            pub const ALL: &'static [Self] = &[$(Self::$rule,)+];

            /// Returns its stable name.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$rule => $name,)+ }
            }

            /// Returns the phase in which a break of it is found. A [`Rule::Proof`] is told of the
            /// root as well, where each entry that is given out needs one.
            pub const fn phase(self) -> Phase {
                match self { $(Self::$rule => Phase::$phase,)+ }
            }

            /// Returns what a break of it means for the reader.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$rule => $meaning,)+ }
            }
        }
    };
}

rules! {
    Manifest Bundle "manifest" FOLDER;
    FileMissing Bundle "file-missing" FOLDER;
    FileExtra Bundle "file-extra" FOLDER;
    FileDiffers Bundle "file-differs" FOLDER;
    // The system does not let a file be read: nothing is known about it, so it proves nothing.
    Unreadable Bundle "unreadable" NOT_SIGNED;
    Policy Policy "policy" "this is not the log that you trust";
    Checkpoint Head "checkpoint"
        "this head is not as it was signed, or was not signed by the log key";
    CheckpointPlace Head "checkpoint-place" NOT_SIGNED;
    Quorum Quorum "quorum"
        "too few of your witnesses saw this history; the log could show others another";
    Cosignature Quorum "cosignature" NOT_SIGNED;
    Fork Quorum "fork" TWO_HISTORIES;
    Stale Fresh "stale"
        "this can be an old copy: nobody outside has seen a newer one for too long";
    Kept Kept "kept" TWO_HISTORIES;
    RememberedRoot Kept "remembered-root" TWO_HISTORIES;
    SmallerThanRemembered Kept "smaller-than-remembered" TWO_HISTORIES;
    LeafDiffers Entries "leaf-differs" ENTRY_CHANGED;
    TooLong Entries "too-long" NOT_SIGNED;
    NotCanonical Entries "not-canonical" NOT_SIGNED;
    MissingField Entries "missing-field" NOT_SIGNED;
    UnknownField Entries "unknown-field" NOT_SIGNED;
    WrongField Entries "wrong-field" NOT_SIGNED;
    AuthorNotFirst Entries "author-not-first" NOT_SIGNED;
    SignedTwice Entries "signed-twice" NOT_SIGNED;
    WrongOpening Entries "wrong-opening" NOT_SIGNED;
    BadKey Entries "bad-key" NOT_SIGNED;
    MissingPossession Entries "missing-possession" NOT_SIGNED;
    WrongIntroducer Entries "wrong-introducer" NOT_SIGNED;
    WrongSequence Entries "wrong-sequence" NOT_SIGNED;
    WrongLedger Entries "wrong-ledger" NOT_SIGNED;
    WrongIdentity Entries "wrong-identity" NOT_SIGNED;
    UnknownIdentity Entries "unknown-identity" NOT_SIGNED;
    WrongRoot Entries "wrong-root" NOT_SIGNED;
    IdDiffers Entries "id-differs" NOT_SIGNED;
    UnknownKey Entries "unknown-key" NOT_SIGNED;
    BadSignature Entries "bad-signature" ENTRY_CHANGED;
    BadBody Entries "bad-body" NOT_SIGNED;
    BadName Entries "bad-name" NOT_SIGNED;
    BadTime Entries "bad-time" NOT_SIGNED;
    TimeWentBack Entries "time-went-back" NOT_SIGNED;
    DuplicateId Entries "duplicate-id" NOT_SIGNED;
    IntroducedKey Entries "introduced-key" NOT_SIGNED;
    Genesis Entries "genesis" NOT_SIGNED;
    KeyNotAllowed Entries "key-not-allowed" NOT_SIGNED;
    BadCorrection Entries "bad-correction" NOT_SIGNED;
    BadExplanation Entries "bad-explanation" NOT_SIGNED;
    BadRequest Entries "bad-request" NOT_SIGNED;
    RequestLedger Entries "request-ledger"
        "what somebody signed for another ledger was put into this one";
    RequestHead Entries "request-head"
        "its author saw another history than this one";
    RequestExpired Entries "request-expired"
        "what somebody signed was put in after the moment until which they let it be";
    // An open ledger whose beginning is another one than when it was opened.
    HistoryReplaced Entries "history-replaced" NOT_SIGNED;
    MissingEntry Root "missing-entry"
        "entries are not there that a signed head covers, or there are none at all";
    UnsignedEntry Root "unsigned-entry"
        "no signed head covers these entries: heads were removed, or the log key never signed for \
         them";
    CheckpointRoot Root "checkpoint-root" NOT_SIGNED;
    Tile Root "tile" NOT_SIGNED;
    Anchor Anchors "anchor" NOT_SIGNED;
    AnchorPlace Anchors "anchor-place" NOT_SIGNED;
    AnchorRoot Anchors "anchor-root" NOT_SIGNED;
    AnchorWitness Anchors "anchor-witness" NOT_SIGNED;
    AnchorToken Anchors "anchor-token" NOT_SIGNED;
    Proof Proofs "proof" NOT_SIGNED;
    Consistency Proofs "consistency" NOT_SIGNED;
    AnchorFile Proofs "anchor-file" NOT_SIGNED;
    ContentDiffers Content "content-differs" "the file is not the one that was recorded";
    ContentMissing Content "content-missing"
        "a file that was recorded is no longer there, and what rests on it cannot be shown";
    ContentUnnamed Content "content-unnamed" "there is a file that nobody recorded";
    Statement Statement "statement" NOT_SIGNED;
    Item Item "item" NOT_SIGNED;
    TimeOutsideInterval Replay "time-outside-interval"
        "the time that it claims is not when it was written";
    VerdictBeforeGrounds Replay "verdict-before-grounds"
        "somebody confirmed what nothing in the ledger then bore out";
    StatementDiffers Replay "statement-differs" STATEMENT;
    StatementNotReproduced Replay "statement-not-reproduced" STATEMENT;
    // Remarks, which are no fault: an owner said that a clock was wrong; a time is after that of
    // the reader's own clock.
    ClockExplained Replay "clock-explained" NOT_SIGNED;
    AfterYourClock Replay "after-your-clock" NOT_SIGNED;
    HeadFile HeadFile "head_file"
        "the ledger and the head file do not belong together: an older copy was put back, or one of \
         the two was changed or replaced";
}

impl fmt::Display for Rule {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.name())
    }
}

impl From<&FaultKind> for Rule {
    fn from(kind: &FaultKind) -> Self {
        match kind {
            FaultKind::TooLong { .. } => Self::TooLong,
            FaultKind::NotCanonical { .. } => Self::NotCanonical,
            FaultKind::MissingField { .. } => Self::MissingField,
            FaultKind::UnknownField { .. } => Self::UnknownField,
            FaultKind::WrongField { .. } => Self::WrongField,
            FaultKind::WrongOpening { .. } => Self::WrongOpening,
            FaultKind::AuthorNotFirst { .. } => Self::AuthorNotFirst,
            FaultKind::SignedTwice { .. } => Self::SignedTwice,
            FaultKind::BadKey { .. } => Self::BadKey,
            FaultKind::MissingPossession { .. } => Self::MissingPossession,
            FaultKind::WrongIntroducer { .. } => Self::WrongIntroducer,
            FaultKind::WrongSequence { .. } => Self::WrongSequence,
            FaultKind::WrongLedger { .. } => Self::WrongLedger,
            FaultKind::WrongIdentity { .. } => Self::WrongIdentity,
            FaultKind::UnknownIdentity => Self::UnknownIdentity,
            FaultKind::WrongRoot { .. } => Self::WrongRoot,
            FaultKind::UnknownKey { .. } => Self::UnknownKey,
            FaultKind::BadSignature { .. } => Self::BadSignature,
        }
    }
}
