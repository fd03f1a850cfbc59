//! Who else may read a file, as the file system says.

use std::fs;

/// The permissions of a file where it is not the user's alone. Windows has none of this kind.
#[cfg(unix)]
pub(super) fn open_mode(metadata: &fs::Metadata) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = metadata.permissions().mode() & 0o7777;
    (mode & 0o077 != 0).then_some(mode)
}

#[cfg(not(unix))]
pub(super) fn open_mode(_: &fs::Metadata) -> Option<u32> {
    None
}
