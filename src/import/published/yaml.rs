//! YAML within bounds: how deep, how many nodes, how much an anchor may be repeated. Keys that stand
//! twice are refused.

use serde::de::DeserializeOwned;
use serde_saphyr::options::{AliasLimits, DuplicateKeyPolicy, MergeKeyPolicy};
use serde_saphyr::{Error, Options};

use crate::domain::problem_code::ProblemCode;
use crate::domain::sanitize::shown;
use crate::import::problem::Fault;

/// Deepest nesting.
const DEPTH_MAX: usize = 32;
/// Most scalars, lists and tables.
const NODES_MAX: usize = 2_000_000;
/// Most nodes that repeated anchors may add.
const REPEATED_MAX: usize = 200_000;

fn options() -> Options {
    let mut limits = AliasLimits::default();
    limits.max_total_replayed_events = REPEATED_MAX;
    limits.max_replay_stack_depth = DEPTH_MAX;
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: DEPTH_MAX,
            flow_nesting_limit: DEPTH_MAX,
            max_nodes: NODES_MAX,
            max_events: 2 * NODES_MAX,
            max_recorded_anchor_events: REPEATED_MAX,
            max_recorded_anchor_bytes: 8 * 1024 * 1024,
            max_anchors: 1_000,
            max_aliases: 10_000,
            max_documents: 1,
            enforce_alias_anchor_ratio: false,
        },
        duplicate_keys: DuplicateKeyPolicy::Error,
        merge_keys: MergeKeyPolicy::Error,
        alias_limits: limits,
        with_snippet: false,
    }
}

/// Reads a text as one document of a form.
pub(super) fn read<T: DeserializeOwned>(text: &str) -> Result<T, (u64, Fault)> {
    serde_saphyr::from_str_with_options(text, options()).map_err(|error| {
        let line = error.location().map_or(0, |place| place.line());
        (line, fault(&error))
    })
}

fn fault(error: &Error) -> Fault {
    let whole = error.without_snippet().to_string();
    let said = shown(whole.lines().next().unwrap_or_default());
    if beyond_bounds(error.without_snippet()) {
        let message = format!("the YAML goes beyond what is read of one: {said}");
        let help = "publishers' files nest less than 32 levels and repeat little; take the file \
                    again from its publisher";
        return Fault::new(ProblemCode::TooLarge, message).help(help);
    }
    let help = "put right what stands there, or take the file again from its publisher";
    Fault::new(ProblemCode::Shape, format!("the YAML cannot be read: {said}")).help(help)
}

fn beyond_bounds(error: &Error) -> bool {
    matches!(
        error,
        Error::Budget { .. }
            | Error::AliasReplayCounterOverflow { .. }
            | Error::AliasReplayLimitExceeded { .. }
            | Error::AliasExpansionLimitExceeded { .. }
            | Error::AliasReplayStackDepthExceeded { .. }
    ) || {
        // Inside a repeated anchor, and in the parser beneath, only the text says so.
        let said = error.to_string();
        said.contains("budget breached") || said.contains("recursion limit exceeded")
    }
}
