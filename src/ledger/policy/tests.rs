use proptest::prelude::*;

use super::super::key::{SeedSigner, Sign as _};
use super::super::note::KeyName;
use super::*;

fn key(seed: u8) -> WitnessKey {
    let signer = SeedSigner::from_seed(&[seed; 32]);
    WitnessKey::new(KeyName::parse(&format!("w{seed}.example")).unwrap(), *signer.public())
}

fn log(seed: u8) -> Vkey {
    let signer = SeedSigner::from_seed(&[seed; 32]);
    Vkey::new(KeyName::parse(&format!("log{seed}.example")).unwrap(), *signer.public())
}

/// Six witnesses in two groups, as in the example of the specification.
fn example() -> String {
    let mut text = format!("# ours\nlog {}\n\n", log(9));
    for (at, name) in (10..).zip(["X1", "X2", "X3", "Y1", "Y2", "Y3"]) {
        text.extend([format!("witness {name} {}\n", key(at))]);
    }
    text + "group X 2 X1 X2 X3\n \t group\tY any Y1 Y2 Y3 \ngroup both all X Y\nquorum both\n"
}

#[track_caller]
fn met(policy: &Policy, names: &[&str]) -> bool {
    policy.quorum_met(&names.iter().copied().collect())
}

#[track_caller]
fn faults(text: &str) -> Vec<(usize, PolicyFault)> {
    let PolicyErrors(errors) = Policy::parse(text.as_bytes()).unwrap_err();
    errors.into_iter().map(|error| (error.line, error.fault)).collect()
}

#[test]
fn groups_of_groups_decide() {
    let policy = Policy::parse(example().as_bytes()).unwrap();
    assert!(met(&policy, &["X1", "X3", "Y2"]));
    assert!(met(&policy, &["X1", "X2", "X3", "Y1", "Y2", "Y3"]));
    for few in [&["X1", "X2", "X3"][..], &["X1", "Y1", "Y2", "Y3"], &[], &["X", "Y", "both"]] {
        assert!(!met(&policy, few), "{few:?}");
    }
    let keys = [key(10), key(11), key(15)];
    assert!(policy.met_by(&keys.iter().collect::<Vec<_>>()));
    assert!(!policy.met_by(&keys[1..].iter().collect::<Vec<_>>()));
    assert!(!policy.met_by(&[]));
}

#[test]
fn one_witness_or_none_can_be_the_quorum() {
    let policy = Policy::parse(b"quorum none\n").unwrap();
    assert!(met(&policy, &[]) && policy.logs().is_empty());
    let text = format!("witness a {} https://w.example/a\nquorum a\n", key(1));
    let policy = Policy::parse(text.as_bytes()).unwrap();
    assert!(met(&policy, &["a"]) && !met(&policy, &["b"]) && !met(&policy, &[]));
    assert_eq!(policy.witnesses()[0].url.as_deref(), Some("https://w.example/a"));
    assert_eq!(policy.to_string(), text);
}

#[test]
fn every_bad_line_is_named_at_once() {
    let (first, second) = (key(1), log(2));
    let again = WitnessKey::new(KeyName::parse("other").unwrap(), *first.key());
    let text = format!(
        "witness a {first}\nwitness b {again}\nwitness a {}\nwitness none {}\nlog {second}\n\
         log {second} u\nlog {first}\nwitness c {second}\ngroup g 1\ngroup g 2 a\n\
         group g any z\ngroup g 01 a\ngroup g any a\ngroup h any a\nquorum g g\nfrom x\n\
         quorum none\nquorum none\nlog\n",
        key(3),
        key(4)
    );
    let found: Vec<(usize, String)> =
        faults(&text).into_iter().map(|(line, fault)| (line, fault.to_string())).collect();
    let lines: Vec<usize> = found.iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 14, 15, 16, 18, 19], "{found:?}");
    let parts = [
        "stands on an earlier line; one key",
        "the name `a` is taken",
        "`none` is taken",
        "one key is one log",
        "key type 0x04",
        "key type 0x01",
        "is not `group",
        "`2` is not",
        "no earlier line defines `z`",
        "`01` is not",
        "`a` is a member",
        "is not `quorum",
        "`from` is not log",
        "quorum stands",
        "is not `log",
    ];
    for ((_, text), part) in found.iter().zip(parts) {
        assert!(text.contains(part), "{text}: {part}");
    }
}

#[test]
fn a_file_that_is_cut_off_or_of_other_bytes_is_refused() {
    assert_eq!(faults(""), [(1, PolicyFault::NoQuorum)]);
    assert_eq!(faults("# a\n# b\n"), [(2, PolicyFault::NoQuorum)]);
    assert_eq!(faults("\nquorum none"), [(2, PolicyFault::Unfinished)]);
    assert_eq!(faults("\nquorum none\r\n"), [(2, PolicyFault::Control { found: 13 })]);
    assert_eq!(faults("# \u{7f}\n"), [(1, PolicyFault::Control { found: 127 })]);
    let PolicyErrors(errors) = Policy::parse(b"quorum none\n# \xff\n").unwrap_err();
    assert_eq!(errors, [PolicyError { line: 2, fault: PolicyFault::NotText }]);
    let whole = [b"quorum none\n#", &vec![b'a'; POLICY_BYTES_MAX - 14][..], b"\n"].concat();
    assert!(Policy::parse(&whole).is_ok());
    assert!(Policy::parse(&[&whole[..], b"\n"].concat()).is_err());
    // A group may be named only after it is defined.
    let early = format!("witness a {}\nquorum g\ngroup g any a\n", key(1));
    assert_eq!(faults(&early), [(2, PolicyFault::UnknownName { found: "g".to_owned() })]);
    // The Kelvin sign is another name than K.
    let kelvin = format!("witness K {}\nquorum \u{212a}\n", key(1));
    assert!(matches!(faults(&kelvin)[..], [(2, PolicyFault::UnknownName { .. })]));
    for end in 0..example().len() {
        assert!(Policy::parse(&example().as_bytes()[..end]).is_err(), "{end}");
    }
}

#[test]
fn print_then_parse_is_identity_and_a_long_chain_is_quick() {
    let policy = Policy::parse(example().as_bytes()).unwrap();
    assert_eq!(Policy::parse(policy.to_string().as_bytes()), Ok(policy));
    let mut text = format!("witness g0 {}\n", key(1));
    for at in 1..30_000 {
        text.extend([format!("group g{at} any g{}\n", at - 1)]);
    }
    text += "quorum g29999\n";
    assert!(met(&Policy::parse(text.as_bytes()).unwrap(), &["g0"]));
}

proptest! {
    #[test]
    fn any_bytes_are_answered(
        bytes: Vec<u8>, text in "(log |witness |group |quorum |a |1 |any |\n){0,30}"
    ) {
        let _ = Policy::parse(&bytes);
        if let Ok(policy) = Policy::parse(text.as_bytes()) {
            prop_assert_eq!(Policy::parse(policy.to_string().as_bytes()), Ok(policy));
        }
    }
}
