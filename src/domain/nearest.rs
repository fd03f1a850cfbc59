//! The name that was surely meant by one that is not there.

/// Returns the name that was surely meant: with the same numbers, at most two letters or signs away,
/// and nearer than every other. Where a number differs another thing may be meant, which exists as
/// well and would be taken without a word; then nothing is offered.
pub fn closest(text: &str, candidates: impl Iterator<Item = String>) -> Option<String> {
    let (wanted, numbers) = unpadded(text);
    let near = candidates.filter_map(|candidate| {
        let (name, its) = unpadded(&candidate);
        let edits = if its == numbers { edits(&wanted, &name) } else { return None };
        (edits <= 2).then_some((edits, candidate))
    });
    let mut near: Vec<(usize, String)> = near.collect();
    near.sort();
    near.dedup();
    match near.as_slice() {
        [(_, only)] => Some(only.clone()),
        [(first, only), (second, _), ..] if first < second => Some(only.clone()),
        _ => None,
    }
}

/// A name in lower case, its numbers without leading zeros, and those numbers.
fn unpadded(name: &str) -> (String, Vec<String>) {
    let (mut plain, mut numbers) = (String::new(), Vec::new());
    let mut rest = name;
    while let Some(first) = rest.chars().next() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        if digits == 0 {
            plain.extend(first.to_lowercase());
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
            continue;
        }
        let (number, after) = rest.split_at_checked(digits).unwrap_or((rest, ""));
        let number = number.trim_start_matches('0');
        plain.push_str(number);
        numbers.push(number.to_owned());
        rest = after;
    }
    (plain, numbers)
}

/// Edit distance (Levenshtein) between two short texts.
fn edits(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (index, a) in left.chars().enumerate() {
        let mut next = vec![index + 1];
        for (b, pair) in right.iter().zip(row.windows(2)) {
            let [diagonal, above] = pair else { continue };
            let behind = next.last().copied().unwrap_or_default();
            next.push((diagonal + usize::from(a != *b)).min(above + 1).min(behind + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}
