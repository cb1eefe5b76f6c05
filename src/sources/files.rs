//! Reading files, each with a bound.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use crate::error::Error;

/// The largest deploy log that is read, in bytes.
pub const LOG_LIMIT: u64 = 1 << 30;

/// How much of a file that is read piece by piece is read at once, in bytes.
pub const PIECE: usize = 64 * 1024;

/// Reads a whole file; `None` where there is none.
///
/// # Errors
///
/// Fails where the file is larger than the limit or cannot be read.
pub fn read(path: &Path, limit: u64) -> Result<Option<Vec<u8>>, Error> {
    let Some(file) = open(path)? else { return Ok(None) };
    let expected = file.metadata().map_or(0, |data| data.len());
    bounded(file, expected, &path.display().to_string(), limit).map(Some)
}

/// Opens a file for reading piece by piece; `None` where there is none.
///
/// # Errors
///
/// Fails where it is a directory or cannot be read.
pub fn open(path: &Path) -> Result<Option<File>, Error> {
    #[expect(clippy::disallowed_methods, reason = "this is the edge: every file of the working tree is opened here")]
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
        Err(error) => return Err(unreadable(path, &error)),
    };
    if file.metadata().map_err(|error| unreadable(path, &error))?.is_dir() {
        return Err(Error::usage(format!("{} is a directory, not a file", path.display())));
    }
    Ok(Some(file))
}

/// Reads a file below a folder, and refuses a link that leads out of it.
///
/// # Errors
///
/// Fails where the file leads out of the folder, is larger than the limit or cannot be read.
pub fn read_inside(top: &Path, path: &str, limit: u64) -> Result<Option<Vec<u8>>, Error> {
    read(&inside(top, path)?, limit)
}

/// Opens a file below a folder, and refuses a link that leads out of it.
///
/// # Errors
///
/// Fails where the file leads out of the folder, or cannot be read.
pub fn open_inside(top: &Path, path: &str) -> Result<Option<File>, Error> {
    open(&inside(top, path)?)
}

fn inside(top: &Path, path: &str) -> Result<PathBuf, Error> {
    let (Ok(folder), Ok(file)) = (top.canonicalize(), top.join(path).canonicalize()) else { return Ok(top.join(path)) };
    match file.starts_with(&folder) {
        true => Ok(file),
        false => Err(Error::usage(format!("{path} is a link that leads out of the repository"))
            .hint("put the file itself there")),
    }
}

/// Reads a whole stream.
///
/// # Errors
///
/// Fails where it is longer than the limit or breaks off.
pub fn bounded(stream: impl Read, expected: u64, name: &str, limit: u64) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::with_capacity(usize::try_from(expected.min(limit)).unwrap_or_default());
    stream
        .take(limit + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Error::failure(format!("cannot read {name}: {error}")))?;
    if bytes.len() as u64 > limit { Err(too_large(name, limit)) } else { Ok(bytes) }
}

/// Says that a file is larger than what is read of its kind.
pub(super) fn too_large(name: &str, limit: u64) -> Error {
    let hint = match limit {
        LOG_LIMIT => "cut it to what the rules look back",
        _ => "make it smaller: a policy has at most 1 MiB, and `extends` takes other files",
    };
    Error::usage(format!("{name} is larger than the {limit} bytes that are read")).hint(hint)
}

fn unreadable(path: &Path, error: &std::io::Error) -> Error {
    Error::failure(format!("cannot read {}: {error}", path.display()))
}

/// The names of the files of a folder that end in a certain way, sorted; none where there is no folder.
///
/// # Errors
///
/// Fails where the folder is there and cannot be listed.
pub fn ending_with(folder: &Path, end: &str) -> Result<Vec<String>, Error> {
    let listed = match std::fs::read_dir(folder) {
        Ok(listed) => listed,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(folder, &error)),
    };
    let mut names: Vec<String> = listed
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(end))
        .collect();
    names.sort();
    Ok(names)
}

/// The largest lock or governance file that is read to be written anew, in bytes.
pub const LOCK_LIMIT: u64 = 4 << 20;

/// Writes a file below a folder in the place of what is there: whole, or not at all, and never through a link.
///
/// # Errors
///
/// Fails where a link stands in the way, or it cannot be written.
pub fn replace(top: &Path, inside: &str, text: &str) -> Result<(), Error> {
    use std::io::Write;
    let path = &top.join(inside);
    let unwritable = |error: std::io::Error| Error::failure(format!("cannot write {}: {error}", path.display()));
    let mut way = top.to_owned();
    for part in Path::new(inside) {
        way.push(part);
        if way.symlink_metadata().is_ok_and(|data| data.is_symlink()) {
            return Err(Error::usage(format!("{} is a link, and is left as it is", way.display()))
                .hint("write to the file that it names, or put a file in its place"));
        }
    }
    // A device, a pipe, a folder: a file in its place would take it away.
    if path.symlink_metadata().is_ok_and(|data| !data.is_file()) {
        return Err(Error::usage(format!("{} is no file, and is left as it is", path.display()))
            .hint("write to a file, or send standard output there"));
    }
    let folder = path.parent().unwrap_or(top);
    std::fs::create_dir_all(folder).map_err(unwritable)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = folder.join(format!(".{name}.{}.new", std::process::id()));
    let mut file = File::create_new(&beside).map_err(unwritable)?;
    if let Ok(before) = path.metadata() {
        let _ = file.set_permissions(before.permissions());
    }
    let written =
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).and_then(|()| std::fs::rename(&beside, path));
    written.map_err(|error| {
        let _ = std::fs::remove_file(&beside);
        unwritable(error)
    })
}

/// Adds to the end of a file; it is made where there is none.
///
/// # Errors
///
/// Fails where it cannot be written.
pub fn append(path: &Path, text: &str) -> Result<(), Error> {
    use std::io::Write;
    let file = File::options().create(true).append(true).open(path);
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| Error::failure(format!("cannot write {}: {error}", path.display())))
}

/// Creates a file that must not exist yet, with the folders above it.
///
/// # Errors
///
/// Fails where the file exists already, or cannot be written.
pub fn create(path: &Path, text: &str) -> Result<(), Error> {
    use std::io::Write;
    let unwritable = |error: std::io::Error| match error.kind() {
        ErrorKind::AlreadyExists => Error::usage(format!("{} exists already, and is left as it is", path.display())),
        _ => Error::failure(format!("cannot write {}: {error}", path.display())),
    };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(unwritable)?;
    }
    let mut file = File::create_new(path).map_err(unwritable)?;
    file.write_all(text.as_bytes()).map_err(|error| {
        // Half a policy is worse than none.
        let _ = std::fs::remove_file(path);
        unwritable(error)
    })
}
