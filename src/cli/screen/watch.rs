//! Notices that another process has recorded something: the operating system says when the files
//! of a ledger were written, and a look at them says how many entries there are now.

use std::any::Any;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, SystemTime};

use notify::{Event, EventKind, RecursiveMode, Watcher as _};

use crate::store::{Mode, Store};

/// How long the files may rest before they are looked at: one recording is several writes.
const SETTLE: Duration = Duration::from_millis(50);

/// Length and time of a file; none where it is not there.
type Seen = Option<(u64, Option<SystemTime>)>;

/// How many entries a ledger had when its files last looked otherwise than before.
#[derive(Default)]
pub(in crate::cli) struct Growth {
    seen: Mutex<Option<(Vec<Seen>, u64)>>,
}

impl Growth {
    /// Says how many more entries than `had` the ledger holds. Opens it only where its files look
    /// otherwise than at the last time.
    pub(in crate::cli) fn since(&self, path: &Path, had: u64) -> u64 {
        let seen = |path: PathBuf| -> Seen {
            std::fs::metadata(path).ok().map(|found| (found.len(), found.modified().ok()))
        };
        let now: Vec<Seen> = files(path).map(seen).into();
        let Ok(mut last) = self.seen.lock() else { return 0 };
        if let Some((looked, size)) = last.as_ref()
            && *looked == now
        {
            return size.saturating_sub(had);
        }
        let size = Store::open(path, Mode::Read).and_then(|store| store.size());
        // What could not be read is looked at again, however its files look then.
        *last = size.as_ref().ok().map(|size| (now, *size));
        size.unwrap_or(had).saturating_sub(had)
    }
}

/// The files that a write to the ledger touches; the removal of a journal is what commits.
fn files(path: &Path) -> [PathBuf; 3] {
    ["", "-wal", "-journal"].map(|ending| {
        let mut name = OsString::from(path);
        name.push(ending);
        PathBuf::from(name)
    })
}

/// Calls `told` when the files of the ledger were written, and once at the start for what was
/// written before, until what it returns is dropped. No thread wakes up in between. None where the
/// system cannot tell.
pub(in crate::cli) fn watch(
    path: &Path,
    told: Box<dyn Fn() + Send>,
) -> Option<Box<dyn Any + Send>> {
    // The folder is watched: a log or journal comes and goes beside the ledger.
    let path = std::fs::canonicalize(path).ok()?;
    let all = files(&path);
    let names: Vec<OsString> =
        all.iter().filter_map(|file| file.file_name()).map(OsString::from).collect();
    let (written, heard) = channel();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        if event.is_ok_and(|event| is_write(&event, &names)) {
            let _ = written.send(());
        }
    })
    .ok()?;
    watcher.watch(path.parent()?, RecursiveMode::NonRecursive).ok()?;
    let waiting = thread::Builder::new().spawn(move || {
        told();
        while heard.recv().is_ok() {
            thread::sleep(SETTLE);
            while heard.try_recv().is_ok() {}
            told();
        }
    });
    // Without a thread nobody can be told.
    waiting.ok()?;
    Some(Box::new(watcher))
}

/// Says whether something was written to one of these files; to read one is an event as well.
fn is_write(event: &Event, names: &[OsString]) -> bool {
    let ours = |path: &PathBuf| {
        path.file_name().is_some_and(|name| names.iter().any(|one| one.as_os_str() == name))
    };
    // Where the system lost count, it says so and names no file.
    event.need_rescan()
        || (!matches!(event.kind, EventKind::Access(_)) && event.paths.iter().any(ours))
}
