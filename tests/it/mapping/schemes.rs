//! The schemes that ship are those that the format and the second verifier know.

use std::fs;
use std::path::Path;

use dspt_ledger::domain::ids::Scheme;

fn text(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// The words between a beginning and the end of its line, quoted by a sign.
fn words(text: &str, begins: &str, quote: char) -> Vec<String> {
    let line = text.lines().find(|line| line.starts_with(begins)).unwrap();
    let rest = line.strip_prefix(begins).unwrap();
    rest.split(quote).skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn the_schemes_are_those_of_the_format_and_of_the_second_verifier() {
    let schemes: Vec<&str> = Scheme::all().map(Scheme::as_str).collect();
    assert_eq!(schemes[..2], ["iso27001", "cyber-essentials"]);
    assert_eq!(words(&text("docs/FORMAT.md"), "| scheme | string | one of ", '`'), schemes);
    assert_eq!(words(&text("verifier/verify.py"), "is_scheme = one_of(", '"'), schemes);
}
