//! A run folder as one file.

use fieldday_folder::pack::{PackError, is_packed, pack, unpack};
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

fn room(name: &str) -> PathBuf {
    let room = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("pack-{name}"));
    let _ = fs::remove_dir_all(&room);
    fs::create_dir_all(room.join("run/violations/01-a")).unwrap();
    room
}

#[test]
fn a_folder_comes_back_as_it_was_without_what_is_not_of_a_run() {
    let room = room("whole");
    let run = room.join("run");
    for (file, text) in [
        ("run.json", "{}"),
        ("history.jsonl.zst", "\u{0}\u{1}"),
        ("violations/01-a/story.md", "# A"),
        ("key.pem", "secret"),
    ] {
        fs::write(run.join(file), text).unwrap();
    }
    let to = room.join("sent.tar.zst");
    let packed = pack(&run, &to).unwrap();
    assert_eq!(packed.files.len(), 3);
    assert_eq!(packed.left_out, [PathBuf::from("key.pem")]);
    assert!(is_packed(&to) && !is_packed(&run));
    let folder = unpack(&to).unwrap();
    assert_eq!(folder, room.join("sent"));
    assert_eq!(fs::read_to_string(folder.join("violations/01-a/story.md")).unwrap(), "# A");
    assert!(!folder.join("key.pem").exists());
    assert_eq!(unpack(&to).unwrap(), folder, "what is there is taken");
    // The same folder gives the same bytes.
    let again = room.join("again.tar.zst");
    pack(&run, &again).unwrap();
    assert_eq!(fs::read(&again).unwrap(), fs::read(&to).unwrap());
    assert!(matches!(pack(&run, &to), Err(PackError::Io { .. })), "a file that is there stays");
    fs::remove_dir_all(&room).unwrap();
}

#[test]
fn what_is_private_is_not_packed() {
    let room = room("private");
    fs::write(room.join("run/run.json"), "{\n\"note\": \"call +1 415-555-0182\"}").unwrap();
    let to = room.join("sent.tar.zst");
    let error = pack(&room.join("run"), &to).unwrap_err().to_string();
    assert!(error.contains("run.json:2") && !error.contains("0182"), "{error}");
    assert!(!to.exists());
    fs::remove_dir_all(&room).unwrap();
}

#[test]
fn what_no_pack_wrote_is_refused_and_leaves_nothing() {
    let room = room("refused");
    let archive = |name: &str, path: &str, kind: tar::EntryType, bytes: u64| {
        let mut tar = tar::Builder::new(zstd::Encoder::new(Vec::new(), 0).unwrap());
        let mut header = tar::Header::new_gnu();
        header.as_mut_bytes()[..path.len()].copy_from_slice(path.as_bytes());
        header.set_entry_type(kind);
        header.set_size(bytes);
        header.set_cksum();
        tar.append(&header, io::repeat(0).take(bytes)).unwrap();
        let file = room.join(name);
        fs::write(&file, tar.into_inner().unwrap().finish().unwrap()).unwrap();
        file
    };
    let regular = tar::EntryType::Regular;
    for (file, says) in [
        (archive("up.tar.zst", "run/../../run.json", regular, 1), "it holds"),
        (archive("root.tar.zst", "/etc/passwd", regular, 1), "it holds"),
        (archive("other.tar.zst", "run/key.pem", regular, 1), "it holds"),
        (archive("link.tar.zst", "run/run.json", tar::EntryType::Symlink, 0), "it holds"),
        (archive("bomb.tar.zst", "run/run.json", regular, 64 << 20), "too large"),
    ] {
        let error = unpack(&file).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
    let cut = room.join("cut.tar.zst");
    fs::write(&cut, b"rubbish").unwrap();
    assert!(unpack(&cut).unwrap_err().to_string().contains("not a packed run"));
    let left = fs::read_dir(&room).unwrap().filter(|entry| entry.as_ref().unwrap().path().is_dir()).count();
    assert_eq!(left, 1, "the run's own folder");
    fs::remove_dir_all(&room).unwrap();
}
