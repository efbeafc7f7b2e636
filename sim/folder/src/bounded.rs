//! Files that somebody names as those of a run: read only where they are files, and no further than such a file may go. A pipe
//! would be waited for without end, a device read without end.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

/// More than any document of a run's folder has.
const MOST_BYTES: u64 = 512 << 20;

/// Opens a file, if it is one.
pub fn open(path: &Path) -> io::Result<File> {
    is_file(path)?;
    File::open(path)
}

/// The text of a document of a run's folder.
pub fn text(path: &Path) -> io::Result<String> {
    let file = open(path)?;
    let mut text = String::new();
    file.take(MOST_BYTES + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MOST_BYTES {
        let most = MOST_BYTES >> 20;
        return Err(io::Error::other(format!("it is larger than {most} MiB, more than any document of a run")));
    }
    Ok(text)
}

/// Before it is opened: to open a pipe may wait for whoever writes into it.
fn is_file(path: &Path) -> io::Result<()> {
    let kind = fs::metadata(path)?.file_type();
    match () {
        () if kind.is_file() => Ok(()),
        () if kind.is_dir() => Err(io::Error::from(io::ErrorKind::IsADirectory)),
        () => Err(io::Error::other("it is a pipe, a socket or a device, not a file")),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_file_is_neither_waited_for_nor_read() {
        for device in ["/dev/zero", "/dev/null"] {
            let error = text(Path::new(device)).unwrap_err().to_string();
            assert!(error.contains("a pipe, a socket or a device"), "{device}: {error}");
        }
        assert_eq!(text(Path::new("/")).unwrap_err().kind(), io::ErrorKind::IsADirectory);
        assert_eq!(text(Path::new("/nowhere")).unwrap_err().kind(), io::ErrorKind::NotFound);
        assert!(
            text(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))).unwrap().contains("fieldday-folder")
        );
    }
}
