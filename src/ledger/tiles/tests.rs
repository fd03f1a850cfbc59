use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

type Set = BTreeMap<TilePath, Vec<u8>>;

fn entry(index: u64) -> Vec<u8> {
    format!("entry {index}").into_bytes()
}

/// The whole set of a tree, and its root.
fn set(size: u64) -> (Set, Digest) {
    let (mut tiler, mut frontier, mut set) = (Tiler::new(), Frontier::new(), Set::new());
    let entries: Vec<Vec<u8>> = (0..size).map(entry).collect();
    for one in &entries {
        frontier.push(leaf_hash(one));
        set.extend(tiler.push(leaf_hash(one)));
    }
    set.extend(tiler.finish());
    for (path, part) in bundles_of(size).zip(entries.chunks(256)) {
        set.insert(path, bundle(part).unwrap());
    }
    (set, frontier.root())
}

fn check(set: &Set, size: u64, root: &Digest) -> Result<TileCounts, TileError> {
    check_tiles(size, root, |path| set.get(path).cloned())
}

#[test]
fn the_files_of_a_tree_are_those_of_the_specification() {
    let of = |size| tiles_of(size).map(|path| path.to_string()).collect::<Vec<_>>();
    assert!(of(0).is_empty() && bundles_of(0).next().is_none());
    assert_eq!(of(1), ["tile/0/000.p/1"]);
    assert_eq!(of(255), ["tile/0/000.p/255"]);
    assert_eq!(of(256), ["tile/0/000", "tile/1/000.p/1"]);
    assert_eq!(of(257), ["tile/0/000", "tile/0/001.p/1", "tile/1/000.p/1"]);
    let of = of(70_000);
    assert_eq!(of.len(), 273 + 1 + 1 + 1 + 1);
    assert_eq!(
        of[272..],
        ["tile/0/272", "tile/0/273.p/112", "tile/1/000", "tile/1/001.p/17", "tile/2/000.p/1"]
    );
    assert_eq!(bundles_of(70_000).count(), 274);
    // As many levels as 64 bits hold, and nothing is made before it is asked for.
    let last = tiles_of(u64::MAX).next().unwrap();
    assert_eq!((last.index(), last.width()), (0, 256));
}

#[test]
fn a_path_has_one_text() {
    for text in [
        "tile/0/000",
        "tile/63/x001/x234/067",
        "tile/entries/x001/000.p/255",
        "tile/1/999.p/1",
        "tile/0/x018/x446/x744/x073/x709/x551/615",
    ] {
        assert_eq!(TilePath::parse(text).unwrap().to_string(), text);
    }
    for bad in [
        "",
        "tile",
        "tile/0",
        "tile/0/",
        "tile/0/0",
        "tile/0/00",
        "tile/0/0000",
        "tile/64/000",
        "tile/00/000",
        "tile/-1/000",
        "tile/+1/000",
        "tile/0/x000/000",
        "tile/0/001/000",
        "tile/0/x001",
        "tile/0/x01/000",
        "tile/0/xx001/000",
        "tile/0/000.p/0",
        "tile/0/+01",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p",
        "tile/0/000.p/",
        "/tile/0/000",
        "tile/0/000/",
        "tile/8/0/000/x",
        "tile/Entries/000",
        "tile/data/000",
        "tile/0/ 00",
        "tile/0/x018/x446/x744/x073/x709/x551/616",
        "tile/0/../000",
        "tile/0/٠٠٠",
    ] {
        let found = shown(bad);
        assert_eq!(TilePath::parse(bad), Err(TileError::BadPath { found }), "{bad}");
    }
    assert_eq!(TilePath::new(TileKind::Hashes(64), 0, 1), None);
    assert_eq!(TilePath::new(TileKind::Hashes(0), 0, 0), None);
    assert_eq!(TilePath::new(TileKind::Entries, 0, 257), None);
}

#[test]
fn each_tile_holds_the_subtrees_of_its_level_at_all_sizes_around_the_edges() {
    for size in (0..=3).chain(254..=259).chain(510..=514).chain([65_535, 65_536, 66_000]) {
        let (set, root) = set(size);
        let leaves: Vec<Digest> = (0..size).map(|index| leaf_hash(&entry(index))).collect();
        let tiles: Vec<TilePath> = set.keys().copied().collect();
        let mut wanted: Vec<TilePath> = tiles_of(size).chain(bundles_of(size)).collect();
        wanted.sort();
        assert_eq!(tiles, wanted, "{size}");
        for path in tiles_of(size) {
            let TileKind::Hashes(level) = path.kind() else { unreachable!() };
            let span = 256_usize.pow(level.into());
            let from = usize::try_from(path.index()).unwrap() * 256 * span;
            let parts = leaves[from..].chunks_exact(span).take(256).map(root_of);
            assert_eq!(set[&path], bytes_of(&parts.collect::<Vec<_>>()), "{path} of {size}");
        }
        let counts = check(&set, size, &root).unwrap();
        assert_eq!(counts.entries, size);
        assert_eq!(counts.tiles, u64::try_from(tiles_of(size).count()).unwrap());
        assert_eq!(counts.bundles, size.div_ceil(256));
    }
}

#[test]
fn every_damaged_file_is_found() {
    let (good, root) = set(600);
    assert!(check(&good, 600, &root).is_ok());
    for path in good.keys() {
        let mut without = good.clone();
        without.remove(path);
        assert_eq!(check(&without, 600, &root), Err(TileError::Missing { path: *path }));
        let length = good[path].len();
        for at in [0, 1, 31, 32, length / 2, length - 1] {
            let mut bad = good.clone();
            bad.get_mut(path).unwrap()[at] ^= 0x80;
            assert!(check(&bad, 600, &root).is_err(), "{path} {at}");
        }
        for bytes in [&good[path][..length - 1], &[&good[path][..], &[0]].concat(), &[]] {
            let mut bad = good.clone();
            bad.insert(*path, bytes.to_vec());
            assert!(check(&bad, 600, &root).is_err(), "{path} of {}", bytes.len());
        }
    }
    assert_eq!(check(&good, 600, &leaf_hash(b"")), Err(TileError::WrongRoot { size: 600 }));
    for other in [599, 601, u64::MAX] {
        assert!(matches!(check(&good, other, &root), Err(TileError::Missing { .. })));
    }
    let empty = check(&Set::new(), 0, &Digest::of(&[]));
    assert_eq!(empty, Ok(TileCounts::default()));
}

#[test]
fn faults_have_their_names() {
    let (good, root) = set(300);
    let bad = |path: &str, change: &dyn Fn(&mut Vec<u8>)| {
        let mut set = good.clone();
        change(set.get_mut(&TilePath::parse(path).unwrap()).unwrap());
        check(&set, 300, &root).unwrap_err().to_string()
    };
    let flip = |bytes: &mut Vec<u8>| bytes[40] ^= 1;
    let grow = |bytes: &mut Vec<u8>| bytes.push(0);
    assert!(bad("tile/0/000", &flip).starts_with("entry 1 is not"));
    assert!(bad("tile/entries/001.p/44", &flip).starts_with("entry 259 is not"));
    assert!(bad("tile/0/001.p/44", &grow).contains("1409 bytes, not 1408"));
    assert!(bad("tile/entries/000", &grow).contains("256 whole entries"));
    let flip = |bytes: &mut Vec<u8>| bytes[0] ^= 1;
    assert!(bad("tile/1/000.p/1", &flip).contains("does not follow"));
}

#[test]
fn a_bundle_is_bounded() {
    let long = vec![7; BUNDLED_ENTRY_BYTES_MAX];
    let bytes = bundle(&[&long[..], b""]).unwrap();
    assert_eq!(entries_of(&bytes, 2), Ok(vec![&long[..], b""]));
    let found = BUNDLED_ENTRY_BYTES_MAX + 1;
    assert_eq!(bundle(&[vec![7; found]]), Err(TileError::EntryTooLong { found }));
    assert_eq!(bundle::<&[u8]>(&[]), Err(TileError::BadCount { found: 0 }));
    assert!(bundle(&vec![b""; 256]).is_ok());
    assert_eq!(bundle(&vec![b""; 257]), Err(TileError::BadCount { found: 257 }));
}

proptest! {
    #[test]
    fn any_bytes_are_answered(bytes: Vec<u8>, width: u16, text: String) {
        if let Ok(entries) = entries_of(&bytes, width) {
            prop_assert_eq!(bundle(&entries).ok(), (width > 0).then_some(bytes));
        }
        let _ = TilePath::parse(&text);
    }

    #[test]
    fn print_then_parse_is_identity(level in 0_u8..=63, index: u64, width in 1_u16..=256) {
        for kind in [TileKind::Hashes(level), TileKind::Entries] {
            let path = TilePath::new(kind, index, width).unwrap();
            prop_assert_eq!(TilePath::parse(&path.to_string()), Ok(path));
        }
    }

    #[test]
    fn a_text_that_parses_is_the_one_printed(
        text in "tile/([0-9]{1,2}|entries)(/x?[0-9]{1,3}){1,3}(.p/[0-9]{1,3})?"
    ) {
        if let Ok(path) = TilePath::parse(&text) {
            prop_assert_eq!(path.to_string(), text);
        }
    }
}
