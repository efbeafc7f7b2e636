//! Links from a page to the reports of run folders.

use std::path::{Component, Path, PathBuf};

/// From the page to a page in a folder, if it is there: `report.html` of a run.
pub(crate) fn to_page(page: &Path, folder: &str, file: &str) -> Option<String> {
    let file = Path::new(folder).join(file);
    file.is_file().then(|| link(page, &file))
}

/// From the page to a file, as a link. Both are where the command was called from, or absolute.
pub(crate) fn link(page: &Path, file: &Path) -> String {
    let whole = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let (page, file) = (whole(page), whole(file));
    let from: Vec<Component<'_>> = page.parent().unwrap_or(&page).components().collect();
    let to: Vec<Component<'_>> = file.components().collect();
    let same = from.iter().zip(&to).take_while(|(one, other)| one == other).count();
    let mut relative = PathBuf::new();
    (same..from.len()).for_each(|_| relative.push(".."));
    to[same..].iter().for_each(|part| relative.push(part));
    let encode = |c: char| match c {
        '%' => "%25".to_owned(),
        '#' => "%23".to_owned(),
        '?' => "%3F".to_owned(),
        ':' => "%3A".to_owned(),
        ' ' => "%20".to_owned(),
        '\\' => "/".to_owned(),
        c => c.to_string(),
    };
    relative.to_string_lossy().chars().map(encode).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_go_from_where_the_page_lies() {
        let from = |page: &str, file: &str| link(Path::new(page), Path::new(file));
        assert_eq!(from("results/trend.html", "results/a b#1/report.html"), "a%20b%231/report.html");
        assert_eq!(from("/x/pages/trend.html", "/x/results/night/report.html"), "../results/night/report.html");
        assert_eq!(from("trend.html", "results/night/report.html"), "results/night/report.html");
    }
}
