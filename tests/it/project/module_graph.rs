//! Which file of `src` uses which, read from the sources: `use` trees and paths that begin with
//! `crate`, `super` or `self`, followed through re-exports to the file that defines what they name.
//! Tests inside the sources do not count.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// A module: its names from the crate down, without `crate`.
pub(crate) type Module = Vec<String>;

/// A name that a module takes from elsewhere, and gives on where it is public.
struct Import {
    name: String,
    from: Module,
    public: bool,
}

struct Source {
    module: Module,
    imports: Vec<Import>,
    /// Paths in the code.
    paths: Vec<Module>,
}

/// Every file, and the files that it uses.
pub(crate) fn graph() -> BTreeMap<Module, BTreeSet<Module>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut texts = BTreeMap::new();
    read(&root, &mut Vec::new(), &mut texts);
    let known: BTreeSet<Module> = texts.keys().cloned().collect();
    let sources: Vec<Source> = texts
        .into_iter()
        .map(|(module, text)| source(module, &without_tests(&text), &known))
        .collect();
    let mut given_on: BTreeMap<(Module, String), Module> = BTreeMap::new();
    for one in &sources {
        for import in one.imports.iter().filter(|import| import.public) {
            given_on.insert((one.module.clone(), import.name.clone()), import.from.clone());
        }
    }
    let defined = |path: &[String]| -> Module {
        let mut path = path.to_vec();
        for _ in 0..8 {
            let (module, rest) = split(&path, &known);
            let Some(target) =
                rest.first().and_then(|name| given_on.get(&(module.to_vec(), name.clone())))
            else {
                break;
            };
            path = target.iter().chain(&rest[1..]).cloned().collect();
        }
        split(&path, &known).0.to_vec()
    };
    let mut graph = BTreeMap::new();
    for one in &sources {
        let named = one.imports.iter().map(|import| &import.from).chain(&one.paths);
        let used: BTreeSet<Module> = named.map(|path| defined(path)).collect();
        let others = used.into_iter().filter(|used| *used != one.module && !used.is_empty());
        graph.insert(one.module.clone(), others.collect());
    }
    graph
}

/// Sets of files each of which leads back to itself through the others.
pub(crate) fn circles(graph: &BTreeMap<Module, BTreeSet<Module>>) -> Vec<BTreeSet<Module>> {
    let reach: BTreeMap<&Module, BTreeSet<&Module>> =
        graph.keys().map(|from| (from, reachable(graph, from))).collect();
    let mut found: BTreeSet<BTreeSet<Module>> = BTreeSet::new();
    for (one, there) in &reach {
        let back = there.iter().filter(|other| reach.get(*other).is_some_and(|r| r.contains(one)));
        let circle: BTreeSet<Module> = back.map(|other| (*other).clone()).collect();
        if circle.len() > 1 {
            found.insert(circle);
        }
    }
    found.into_iter().collect()
}

fn reachable<'g>(
    graph: &'g BTreeMap<Module, BTreeSet<Module>>,
    from: &Module,
) -> BTreeSet<&'g Module> {
    let mut seen = BTreeSet::new();
    let mut next: Vec<&Module> = graph[from].iter().collect();
    while let Some(one) = next.pop() {
        if seen.insert(one) {
            next.extend(graph.get(one).into_iter().flatten());
        }
    }
    seen
}

fn read(folder: &Path, module: &mut Module, texts: &mut BTreeMap<Module, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            module.push(name);
            read(&path, module, texts);
            module.pop();
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let mut module = module.clone();
            match name.as_str() {
                "tests" | "main" => continue,
                "mod" | "lib" => {}
                _ => module.push(name),
            }
            texts.insert(module, fs::read_to_string(&path).unwrap());
        }
    }
}

/// The text without comments and without modules that only tests have.
fn without_tests(text: &str) -> String {
    let mut out = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if line.trim() == "#[cfg(test)]" && lines.peek().is_some_and(|next| next.contains("mod ")) {
            let opening = lines.next().unwrap();
            let indent = &opening[..opening.len() - opening.trim_start().len()];
            if opening.trim_end().ends_with('{') {
                let end = format!("{indent}}}");
                lines.by_ref().find(|line| *line == end);
            }
            continue;
        }
        if !line.trim_start().starts_with("//") {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

fn split<'p>(path: &'p [String], known: &BTreeSet<Module>) -> (&'p [String], &'p [String]) {
    let at = (0..=path.len()).rev().find(|at| known.contains(&path[..*at])).unwrap_or(0);
    path.split_at(at)
}

/// A path as written in a module, from the crate down; none where it leads out of the crate.
fn absolute(path: &[&str], module: &Module, known: &BTreeSet<Module>) -> Option<Module> {
    let mut base = module.clone();
    let mut rest = path;
    match path.first()? {
        &"crate" => {
            base.clear();
            rest = &path[1..];
        }
        &"self" => rest = &path[1..],
        &"super" => {
            while rest.first() == Some(&"super") {
                base.pop();
                rest = &rest[1..];
            }
        }
        name => {
            let mut child = module.clone();
            child.push((*name).to_owned());
            if !known.contains(&child) {
                return None;
            }
        }
    }
    base.extend(rest.iter().filter(|name| **name != "self").map(|name| (*name).to_owned()));
    Some(base)
}

fn source(module: Module, text: &str, known: &BTreeSet<Module>) -> Source {
    let mut made = Source { module, imports: Vec::new(), paths: Vec::new() };
    let mut rest = String::new();
    let mut statements = text.lines();
    while let Some(line) = statements.next() {
        let start = line.trim_start();
        let (public, tree) = match start.strip_prefix("use ") {
            Some(tree) => (false, Some(tree)),
            None => match start.split_once(" use ") {
                Some((before, tree)) if before.starts_with("pub") => (true, Some(tree)),
                _ => (false, None),
            },
        };
        let Some(tree) = tree else {
            rest.push_str(line);
            rest.push('\n');
            continue;
        };
        let mut whole = tree.to_owned();
        while !whole.trim_end().ends_with(';') {
            whole.push_str(statements.next().unwrap());
        }
        for (path, name) in leaves(&tokens(&whole), &mut 0, &[]) {
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            if let Some(from) = absolute(&path, &made.module, known) {
                made.imports.push(Import { name, from, public });
            }
        }
    }
    for path in paths(&rest) {
        made.paths.extend(absolute(&path, &made.module, known));
    }
    made
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn tokens(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut word = String::new();
    for c in text.chars() {
        if is_word(c) {
            word.push(c);
            continue;
        }
        if !word.is_empty() {
            found.push(std::mem::take(&mut word));
        }
        if matches!(c, '{' | '}' | ',' | '*') {
            found.push(c.to_string());
        }
    }
    found
}

/// Every leaf of a `use` tree: its path, and the name that it gets.
fn leaves(tokens: &[String], at: &mut usize, prefix: &[String]) -> Vec<(Vec<String>, String)> {
    let mut path = prefix.to_vec();
    while let Some(token) = tokens.get(*at) {
        *at += 1;
        match token.as_str() {
            "{" => {
                let mut found = Vec::new();
                while tokens.get(*at).is_some_and(|token| token != "}") {
                    found.extend(leaves(tokens, at, &path));
                    if tokens.get(*at).is_some_and(|token| token == ",") {
                        *at += 1;
                    }
                }
                *at += 1;
                return found;
            }
            "as" => {
                let name = tokens[*at].clone();
                *at += 1;
                return vec![(path, name)];
            }
            "," | "}" => {
                *at -= 1;
                break;
            }
            _ => path.push(token.clone()),
        }
    }
    let name = path.iter().rev().find(|name| *name != "self").cloned().unwrap_or_default();
    vec![(path, name)]
}

/// The paths in a text that begin at the crate, above, or here.
fn paths(text: &str) -> Vec<Vec<&str>> {
    let mut found = Vec::new();
    for first in ["crate::", "super::", "self::"] {
        for (at, _) in text.match_indices(first) {
            if text[..at].ends_with(|c: char| is_word(c) || c == ':') {
                continue;
            }
            let end = text[at..]
                .find(|c: char| !is_word(c) && c != ':')
                .map_or(text.len(), |end| at + end);
            found.push(text[at..end].split("::").filter(|name| !name.is_empty()).collect());
        }
    }
    found
}

#[test]
fn a_circle_is_seen_through_trees_paths_and_what_is_given_on() {
    let known: BTreeSet<Module> = [vec![], vec!["a"], vec!["a", "b"], vec!["c"]]
        .map(|m| m.into_iter().map(str::to_owned).collect())
        .into();
    let of = |module: &[&str], text: &str| {
        let module = module.iter().map(|name| (*name).to_owned()).collect();
        let made = source(module, &without_tests(text), &known);
        let imports = made.imports.into_iter().map(|import| import.from.join("::"));
        imports.chain(made.paths.into_iter().map(|path| path.join("::"))).collect::<Vec<_>>()
    };
    assert_eq!(of(&["c"], "use crate::a::{self, b::{X, Y as Z}};"), ["a", "a::b::X", "a::b::Y"]);
    assert_eq!(
        of(&["a", "b"], "pub use super::super::c::T;\nlet x = super::y();"),
        ["c::T", "a::y"]
    );
    assert_eq!(of(&["a"], "use b::X;\nuse serde::Y;\n// crate::c\n"), ["a::b::X"]);
    assert!(of(&["a"], "#[cfg(test)]\nmod tests {\n    use crate::c::T;\n}\n").is_empty());
    let set = |names: &[&str]| -> BTreeSet<Module> {
        names.iter().map(|n| vec![(*n).to_owned()]).collect()
    };
    let graph = [("a", set(&["c"])), ("c", set(&["a"])), ("d", set(&["a"]))];
    let graph = graph.map(|(name, used)| (vec![name.to_owned()], used)).into();
    assert_eq!(circles(&graph), [set(&["a", "c"])]);
}
