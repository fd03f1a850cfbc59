//! The import rules of ARCHITECTURE.md, read from the sources.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::project::module_graph::{circles, graph};

/// What each module may import from this crate. `cli` and `main` may import everything.
fn allowed() -> BTreeMap<&'static str, &'static [&'static str]> {
    BTreeMap::from([
        ("domain", &["domain"][..]),
        ("ledger", &["ledger"][..]),
        ("bundled", &[][..]),
        ("durable", &["durable"][..]),
        ("store", &["store", "ledger", "durable"][..]),
        ("keys", &["keys", "ledger", "durable"][..]),
        ("import", &["import", "domain"][..]),
        ("report", &["report", "domain"][..]),
        ("tui", &["tui", "report", "domain"][..]),
        ("witness", &["witness", "ledger", "durable"][..]),
        ("verify", &["verify", "domain", "ledger", "store", "durable"][..]),
        ("journal", &["journal", "verify", "domain", "ledger", "store", "keys", "durable"][..]),
        ("export", &["export", "verify", "domain", "ledger", "store", "durable"][..]),
        ("tamper", &["tamper", "export", "verify", "journal", "domain", "ledger", "durable"][..]),
    ])
}

/// What pure code may not name: it has no file, clock, environment, database or terminal.
const IMPURE: [&str; 8] = [
    "std::fs",
    "std::io",
    "std::env",
    "::now(",
    "rusqlite",
    "ratatui",
    "crossterm",
    "std::process",
];

fn sources() -> Vec<(String, PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let inside = path.strip_prefix(&root).unwrap();
                let module = inside.components().next().unwrap().as_os_str().to_string_lossy();
                let module = module.trim_end_matches(".rs").to_owned();
                let text = fs::read_to_string(&path).unwrap();
                found.push((module, inside.to_owned(), text));
            }
        }
    }
    found.sort();
    found
}

/// The modules that a line names with a `crate::` path.
fn named(line: &str) -> impl Iterator<Item = &str> {
    line.match_indices("crate::").map(move |(at, prefix)| {
        let rest = &line[at + prefix.len()..];
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        &rest[..end]
    })
}

#[test]
fn imports_point_down_only() {
    let mut wrong = Vec::new();
    for (module, path, text) in sources() {
        let Some(may) = allowed().get(module.as_str()).copied() else { continue };
        for (number, line) in text.lines().enumerate() {
            for other in named(line).filter(|other| !may.contains(other)) {
                wrong.push(format!("{}:{}: may not import {other}", path.display(), number + 1));
            }
            if line.contains("super::super::super") {
                wrong.push(format!("{}:{}: climbs out of its folder", path.display(), number + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn pure_folders_touch_nothing_outside() {
    let mut wrong = Vec::new();
    for (module, path, text) in sources() {
        if module != "domain" && module != "ledger" {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            for word in IMPURE.iter().filter(|word| line.contains(**word)) {
                wrong.push(format!("{}:{}: names {word}", path.display(), number + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_screen_does_its_io_in_one_folder() {
    let mut wrong = Vec::new();
    for (module, path, text) in sources() {
        if module != "tui" || path.starts_with("tui/terminal") {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            let outside = IMPURE.iter().filter(|word| **word != "ratatui");
            for word in outside.filter(|word| line.contains(**word)) {
                wrong.push(format!("{}:{}: names {word}", path.display(), number + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_the_store_speaks_sql_and_only_main_knows_the_time() {
    for (module, path, text) in sources() {
        let path = path.display();
        assert!(module == "store" || !text.contains("rusqlite"), "{path} names rusqlite");
        assert!(module == "main" || !text.contains("Timestamp::now("), "{path} reads the clock");
        assert!(module == "main" || !text.contains("SystemTime::now("), "{path} reads the clock");
    }
}

#[test]
fn the_sources_are_found_at_all() {
    let modules: Vec<String> = sources().into_iter().map(|(module, ..)| module).collect();
    for module in ["domain", "ledger", "store", "journal", "main"] {
        assert!(modules.iter().any(|one| one == module), "no source of {module}");
    }
}

/// Where the stable codes stand. The tamper kit names the refusal of a file that is not examined.
const CODES: [&str; 3] = ["cli/code.rs", "domain/problem_code.rs", "tamper/rows.rs"];

#[test]
fn error_codes_stand_in_their_tables_only() {
    let mut wrong = Vec::new();
    for (_, path, text) in
        sources().iter().filter(|(_, path, _)| CODES.iter().all(|one| !path.ends_with(one)))
    {
        for (number, line) in text.lines().enumerate() {
            if line.contains("\"DSPT0") {
                wrong.push(format!("{}:{}: names a code by its text", path.display(), number + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The rooms of `domain`: each uses those before it alone.
const ROOMS: [&str; 17] = [
    "sanitize",
    "nearest",
    "problem_code",
    "csv",
    "date",
    "ids",
    "date_parse",
    "event",
    "region",
    "catalogue",
    "mapping",
    "state",
    "engine",
    "authority",
    "explain",
    "statement",
    "belief",
];

#[test]
fn every_room_of_the_domain_uses_those_before_it() {
    let place = |module: &[String]| match module {
        [domain, room, ..] if domain == "domain" => {
            Some(ROOMS.iter().position(|one| one == room).unwrap_or_else(|| panic!("{room}")))
        }
        _ => None,
    };
    let graph = graph();
    let mut arrows = 0;
    for (module, used) in &graph {
        let Some(own) = place(module) else { continue };
        for other in used {
            let Some(there) = place(other) else { continue };
            arrows += 1;
            assert!(there <= own, "{} uses {}", module.join("::"), other.join("::"));
        }
    }
    assert!(arrows > 100, "{arrows} uses were found");
}

#[test]
fn no_file_leads_back_to_itself() {
    let found = circles(&graph());
    let said: Vec<String> = found
        .iter()
        .map(|circle| circle.iter().map(|one| one.join("::")).collect::<Vec<_>>().join(" <-> "))
        .collect();
    assert!(said.is_empty(), "{} circles:\n{}", said.len(), said.join("\n"));
}

/// The folders and files at the top that the page names.
const TOP: [&str; 9] = [
    "src/",
    "tests/",
    "docs/",
    "mappings/",
    "fixtures/",
    "verifier/",
    "benches/",
    "examples/",
    ".ci/",
];

#[test]
fn the_page_names_only_what_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap();
    let named: Vec<&str> = page
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|text| TOP.iter().any(|top| text.starts_with(top)) && !text.contains(' '))
        .collect();
    assert!(named.len() > 150, "the page has lost its paths: {}", named.len());
    let gone: Vec<&&str> = named.iter().filter(|path| !root.join(path).exists()).collect();
    assert!(gone.is_empty(), "ARCHITECTURE.md names what is not there: {gone:?}");
}
