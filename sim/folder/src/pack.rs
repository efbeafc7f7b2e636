//! A run folder as one file, to be sent or attached: a tar archive compressed by zstd (`tar xf` opens it, too), with the files
//! that a run, a search or a comparison writes and no others, in one order and without owners or times.

use crate::bounded;
use fieldday_api::private::{PrivateKind, scan};
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read};
use std::path::{Component, Path, PathBuf};

/// The end of a packed run's file name.
pub const EXTENSION: &str = ".tar.zst";

/// What runs, searches and comparisons write. A folder may hold anything else, such as a key or notes: that stays where it is.
const FILES: [&str; 16] = [
    "shard.cbor.zst",
    "run.json",
    "summary.json",
    "summary.md",
    "junit.xml",
    "metrics.prom",
    "series.json",
    "latency.hlog",
    "report.html",
    "history.jsonl.zst",
    "ledger.jsonl",
    "capacity.jsonl",
    "capacity.json",
    "capacity.md",
    "capacity.html",
    "comparison.json",
];
/// What a folder of a failure holds.
const OF_A_FAILURE: [&str; 4] = ["story.md", "repro.toml", "repro.har", "repro.sh"];
/// JSON compresses to a twentieth; what grows to more than this times its size was made to fill a disk.
const MOST_GROWTH: u64 = 200;
/// Beside that, what a small archive may hold.
const SMALL: u64 = 16 << 20;
/// An archive has a header of this size before each file.
const BLOCK: u64 = 512;

/// Why a folder cannot be packed, or an archive not be opened.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// A file that cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file that cannot be read or written.
        path: PathBuf,
        /// The operating system's reason.
        source: io::Error,
    },
    /// A folder in which there is nothing of a run.
    #[error("{}: none of its files is of a run", .0.display())]
    NoRun(PathBuf),
    /// Something private in a file that is to be packed.
    #[error("{}:{line}: it holds {kind}, which must not leave this machine", path.display())]
    Private {
        /// The file that holds it, relative to the folder.
        path: PathBuf,
        /// The number of the line, from 1.
        line: usize,
        /// What kind of private value it is; the value itself is not told.
        kind: PrivateKind,
    },
    /// An archive that no `pack` wrote.
    #[error("{}: it is not a packed run: {why}", path.display())]
    NoPack {
        /// The file that is no packed run.
        path: PathBuf,
        /// What is in it instead, in a few words.
        why: String,
    },
}

/// The result of packing a run folder.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Packed {
    /// The archive that was written.
    pub path: PathBuf,
    /// The size of the archive in bytes.
    pub bytes: u64,
    /// The files in it, relative to the folder.
    pub files: Vec<PathBuf>,
    /// What was left out, since no run writes such a file.
    pub left_out: Vec<PathBuf>,
}

/// Packs a folder into a new file. Nothing is left of a file that could not be finished.
pub fn pack(folder: &Path, to: &Path) -> Result<Packed, PackError> {
    let (files, left_out) = files(folder)?;
    if files.is_empty() {
        return Err(PackError::NoRun(folder.to_owned()));
    }
    files.iter().try_for_each(|file| nothing_private(&folder.join(file)))?;
    let failed = |source| PackError::Io { path: to.to_owned(), source };
    let archive = File::create_new(to).map_err(failed)?;
    let written = write(folder, &files, archive).map_err(failed);
    if written.is_err() {
        let _ = fs::remove_file(to);
    }
    Ok(Packed { path: to.to_owned(), bytes: written?, files, left_out })
}

fn write(folder: &Path, files: &[PathBuf], archive: File) -> io::Result<u64> {
    let name = Path::new(folder.file_name().unwrap_or("run".as_ref()));
    let mut tar = tar::Builder::new(zstd::Encoder::new(BufWriter::new(archive), 0)?);
    for file in files {
        let content = bounded::open(&folder.join(file))?;
        let bytes = content.metadata()?.len();
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Regular);
        header.set_size(bytes);
        header.set_mode(0o644);
        // A history that still grows is packed as far as it goes now.
        tar.append_data(&mut header, name.join(file), content.take(bytes))?;
    }
    let archive = tar.into_inner()?.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?;
    archive.sync_all()?;
    Ok(archive.metadata()?.len())
}

/// The files of a folder that a run writes, and the others, in the order of their names.
fn files(folder: &Path) -> Result<(Vec<PathBuf>, Vec<PathBuf>), PackError> {
    let (mut of_the_run, mut others) = (Vec::new(), Vec::new());
    let mut folders = vec![PathBuf::new()];
    while let Some(inside) = folders.pop() {
        let place = folder.join(&inside);
        let failed = |source| PackError::Io { path: place.clone(), source };
        for entry in fs::read_dir(&place).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let (name, file) = (entry.file_name(), inside.join(entry.file_name()));
            let kind = entry.file_type().map_err(failed)?;
            let depth = inside.components().count();
            let is_one = |names: &[&str]| names.iter().any(|one| name.as_os_str() == *one);
            match depth {
                0 if is_one(&FILES) && kind.is_file() => of_the_run.push(file),
                0 if name == "violations" && kind.is_dir() => folders.push(file),
                1 if kind.is_dir() => folders.push(file),
                2 if is_one(&OF_A_FAILURE) && kind.is_file() => of_the_run.push(file),
                _ => others.push(file),
            }
        }
    }
    of_the_run.sort();
    others.sort();
    Ok((of_the_run, others))
}

/// No run writes anything private; somebody may have, by hand.
fn nothing_private(path: &Path) -> Result<(), PackError> {
    let is_text = path
        .extension()
        .is_some_and(|kind| ["json", "jsonl", "md", "xml", "toml", "har", "sh"].iter().any(|text| kind == *text));
    if !is_text {
        return Ok(());
    }
    let text = bounded::text(path).map_err(|source| PackError::Io { path: path.to_owned(), source })?;
    for (number, line) in text.lines().enumerate() {
        if let Some(kind) = scan(line) {
            return Err(PackError::Private { path: path.to_owned(), line: number + 1, kind });
        }
    }
    Ok(())
}

/// Whether a path is meant to be a packed run.
pub fn is_packed(path: &Path) -> bool {
    path.as_os_str().to_string_lossy().ends_with(EXTENSION) && path.is_file()
}

/// The folder of a packed run, which stands beside it: unpacked now, unless it is there already.
pub fn unpack(path: &Path) -> Result<PathBuf, PackError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let folder = path.with_file_name(name.strip_suffix(EXTENSION).unwrap_or(&name));
    if folder.is_dir() {
        return Ok(folder);
    }
    // Beside its place first: an end at any moment leaves no half of a run where a whole one is expected.
    let half = path.with_file_name(format!(".{}.unpacking", folder.file_name().unwrap_or_default().to_string_lossy()));
    let _ = fs::remove_dir_all(&half);
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| PackError::Io { path: path.clone(), source }
    };
    fs::create_dir(&half).map_err(failed(&half))?;
    let done = unpack_into(path, &half).and_then(|()| fs::rename(&half, &folder).map_err(failed(&folder)));
    if done.is_err() {
        let _ = fs::remove_dir_all(&half);
    }
    done.map(|()| folder)
}

fn unpack_into(path: &Path, folder: &Path) -> Result<(), PackError> {
    let no_pack = |why: String| PackError::NoPack { path: path.to_owned(), why };
    let damaged = |error: io::Error| no_pack(error.to_string());
    let archive = bounded::open(path).map_err(|source| PackError::Io { path: path.to_owned(), source })?;
    let packed = archive.metadata().map_err(damaged)?.len();
    let mut left = packed.saturating_mul(MOST_GROWTH).saturating_add(SMALL);
    let plain = zstd::Decoder::new(BufReader::new(archive)).map_err(damaged)?.take(left);
    let mut tar = tar::Archive::new(plain);
    let mut files = 0;
    for entry in tar.entries().map_err(damaged)? {
        let mut entry = entry.map_err(damaged)?;
        let inside = entry.path().map_err(damaged)?.into_owned();
        let bytes = entry.size();
        let place = within(&inside).filter(|_| entry.header().entry_type().is_file());
        let place = place.ok_or_else(|| no_pack(format!("it holds {}", inside.display())))?;
        left = left.checked_sub(bytes.saturating_add(BLOCK)).ok_or_else(|| no_pack("it is too large".to_owned()))?;
        let place = folder.join(place);
        let failed = |source| PackError::Io { path: place.clone(), source };
        place.parent().map_or(Ok(()), fs::create_dir_all).map_err(failed)?;
        let mut file = File::create_new(&place).map_err(failed)?;
        let written = io::copy(&mut entry, &mut file).map_err(damaged)?;
        if written < bytes {
            return Err(no_pack(format!("{} is cut", inside.display())));
        }
        files += 1;
    }
    if files == 0 { Err(no_pack("it is empty".to_owned())) } else { Ok(()) }
}

/// Where a file of an archive goes, below the folder; none if a `pack` would not have put it there.
fn within(inside: &Path) -> Option<PathBuf> {
    let mut parts = inside.components();
    let is_normal = |part: &Component<'_>| matches!(part, Component::Normal(_));
    parts.next().filter(is_normal)?;
    let rest: Vec<Component<'_>> = parts.collect();
    let name = |part: &Component<'_>| part.as_os_str().to_owned();
    let known = match rest.as_slice() {
        [file] => is_normal(file) && FILES.iter().any(|known| name(file) == *known),
        [folder, case, file] => {
            is_normal(case) && name(folder) == "violations" && OF_A_FAILURE.iter().any(|known| name(file) == *known)
        }
        _ => false,
    };
    known.then(|| rest.iter().collect())
}
