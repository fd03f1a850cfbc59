//! The examples of README.md and docs/walkthrough.md, run as written, in order, each page in a folder.

use std::fs;
use std::path::Path;
use std::process::Command;

/// A command and the output that the page shows for it.
struct Example {
    line: usize,
    command: String,
    expected: Vec<String>,
}

fn examples(page: &str) -> Vec<Example> {
    let mut found: Vec<Example> = Vec::new();
    let mut inside = false;
    for (number, line) in page.lines().enumerate() {
        match line {
            "```console" => inside = true,
            "```" => inside = false,
            text if inside => match text.strip_prefix("$ ") {
                Some(command) => found.push(Example {
                    line: number + 1,
                    command: command.to_owned(),
                    expected: Vec::new(),
                }),
                None => found.last_mut().unwrap().expected.push(text.to_owned()),
            },
            _ => {}
        }
    }
    found
}

/// Splits a command line as a shell does, for the quotes that the page uses.
fn words(command: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    for c in command.chars() {
        match (c, quote) {
            ('\'' | '"', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            (' ', None) => words.push(std::mem::take(&mut word)),
            (c, _) => word.push(c),
        }
    }
    words.push(word);
    words.into_iter().filter(|word| !word.is_empty()).collect()
}

/// Lines agree when they are the same but for the number of spaces; a line `...` stands for any
/// number of lines, none included.
fn agrees(expected: &[String], actual: &[&str]) -> bool {
    let squeezed = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    match expected.split_first() {
        None => actual.is_empty(),
        Some((first, rest)) if first == "..." => {
            (0..=actual.len()).any(|skipped| agrees(rest, &actual[skipped..]))
        }
        Some((first, rest)) => actual.split_first().is_some_and(|(line, others)| {
            squeezed(line) == squeezed(first) && agrees(rest, others)
        }),
    }
}

/// The policy that a page shows: from its line `log` to the end of that block.
fn policy(page: &str) -> Option<String> {
    let start = page.find("\nlog ")? + 1;
    let end = page[start..].find("```")?;
    Some(page[start..start + end].to_owned())
}

fn runs_as_written(name: &str, at_least: usize) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join(name)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("fixtures/demo")).unwrap();
    fs::create_dir_all(folder.path().join("fixtures/first-steps/cat3")).unwrap();
    for name in [
        "fixtures/demo/soa-2026.csv",
        "fixtures/demo/evidence.csv",
        "fixtures/first-steps/evidence.csv",
        "fixtures/first-steps/official-list.csv",
        "fixtures/first-steps/cat3/items.csv",
        "fixtures/first-steps/cat3/exemptions.csv",
        "fixtures/first-steps/cat3/organisation-types.csv",
    ] {
        fs::copy(root.join(name), folder.path().join(name)).unwrap();
    }
    if let Some(policy) = policy(&page) {
        fs::write(folder.path().join("policy"), policy).unwrap();
    }
    fs::write(folder.path().join("passphrase"), "demonstration\n").unwrap();
    fs::write(folder.path().join("log-passphrase"), "of the log alone\n").unwrap();
    let examples = examples(&page);
    assert!(examples.len() >= at_least, "{name} has lost its examples");
    for example in examples {
        let at = format!("{name}:{}: {}", example.line, example.command);
        let words = words(&example.command);
        assert_eq!(words[0], "dspt", "{at}");
        let output = Command::new(env!("CARGO_BIN_EXE_dspt"))
            .args(&words[1..])
            .current_dir(folder.path())
            .env_remove("DSPT_LEDGER")
            .env_remove("DSPT_KEYS")
            .env_remove("DSPT_KEY")
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let actual: Vec<&str> = text.lines().collect();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{at}\n{errors}");
        assert!(agrees(&example.expected, &actual), "{at}\nprinted:\n{text}\n{errors}");
    }
}

#[test]
fn the_examples_of_the_readme_run_as_written() {
    runs_as_written("README.md", 3);
}

#[test]
fn the_examples_of_the_walkthrough_run_as_written() {
    runs_as_written("docs/walkthrough.md", 18);
}

#[test]
fn five_organisations_get_from_an_empty_folder_to_a_first_position_as_written() {
    runs_as_written("docs/FIRST-STEPS.md", 20);
}

/// A link to a page or file of the project leads somewhere.
#[test]
fn links_lead_to_files_that_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for name in [
        "README.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "ARCHITECTURE.md",
        "docs/walkthrough.md",
        "docs/FIRST-STEPS.md",
        "docs/SHARING.md",
        "docs/AUDITOR.md",
    ] {
        let page = fs::read_to_string(root.join(name)).unwrap();
        let folder = root.join(name).parent().unwrap().to_owned();
        for (at, _) in page.match_indices("](") {
            let link = page[at + 2..].split([')', '#']).next().unwrap();
            if !link.is_empty() && !link.contains("://") {
                assert!(folder.join(link).exists(), "{name}: {link} leads nowhere");
            }
        }
    }
}

#[test]
fn a_page_that_says_something_else_fails() {
    let lines = |text: &[&str]| text.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
    assert!(agrees(&lines(&["a", "...", "c"]), &["a", "b", "b", "c"]));
    assert!(!agrees(&lines(&["a", "...", "d"]), &["a", "b", "c"]));
    assert!(!agrees(&lines(&["a"]), &["a", "b"]));
}
