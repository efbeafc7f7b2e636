//! The words that people and addresses are made of, from `fixtures/people`. The people are fictional.

use fieldday_api::SmolStr;
use fieldday_api::private::Private;
use fieldday_kernel::random::Stream;
use serde::Deserialize;
use std::sync::LazyLock;

#[derive(Deserialize)]
struct File {
    first: Vec<String>,
    last: Vec<String>,
    streets: Vec<String>,
}

/// First and last names, made private once: a copy costs nothing then.
struct Words {
    first: Vec<Private>,
    last: Vec<Private>,
    streets: Vec<String>,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let text = include_str!("../../../fixtures/people/names.json");
    let file: File = serde_json::from_str(text).expect("fixtures/people is checked by a test");
    Words {
        first: file.first.into_iter().map(Private::from).collect(),
        last: file.last.into_iter().map(Private::from).collect(),
        streets: file.streets,
    }
});

/// Draws a first and a last name, independently of each other, from `fixtures/people`.
pub fn name(stream: &mut Stream) -> (Private, Private) {
    let (first, last) = (stream.below(WORDS.first.len() as u64), stream.below(WORDS.last.len() as u64));
    (WORDS.first[first as usize].clone(), WORDS.last[last as usize].clone())
}

/// A phone number of the range that is reserved for fiction: 555-0100 to 555-0199, in some area.
pub fn phone(stream: &mut Stream) -> Private {
    let digits = stream.below(79_000);
    let (area, line) = (201 + digits / 100, digits % 100);
    let mut text = *b"+10005550100";
    decimal(&mut text[2..5], area);
    decimal(&mut text[10..12], line);
    short(&text)
}

/// An address that nobody else's element of the tenant has: the house number counts them.
pub fn address(stream: &mut Stream, house: u64) -> Private {
    let street = stream.pick(&WORDS.streets).map_or("Main Street", String::as_str);
    let mut text = [0_u8; 32];
    let digits = 1 + (house.max(1)).ilog10() as usize;
    decimal(&mut text[..digits], house);
    text[digits] = b' ';
    let end = (digits + 1 + street.len()).min(text.len());
    text[digits + 1..end].copy_from_slice(&street.as_bytes()[..end - digits - 1]);
    short(&text[..end])
}

/// An e-mail address at the domain reserved for examples, made of 24 bits of a key.
pub fn email(letter: u8, key: u64) -> Private {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = *b"x000000@example.com";
    text[0] = letter;
    for (i, place) in text[1..7].iter_mut().enumerate() {
        *place = DIGITS[(key >> (20 - 4 * i) & 15) as usize];
    }
    short(&text)
}

fn decimal(places: &mut [u8], mut number: u64) {
    for place in places.iter_mut().rev() {
        *place = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

fn short(ascii: &[u8]) -> Private {
    Private::new(SmolStr::new(std::str::from_utf8(ascii).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use fieldday_kernel::random::Purpose;

    #[test]
    fn people_are_made_of_the_fixture_and_reserved_numbers() {
        for i in 0..500 {
            let mut stream = Stream::new(1, Purpose::new("test"), i, 0, 0);
            let phone = phone(&mut stream);
            let text = phone.expose();
            assert!(text.len() == 12 && text.starts_with("+1") && text[5..].starts_with("55501"), "{text}");
            assert_eq!(text[2..].parse::<u64>().map(|n| n / 10_000_000 >= 201), Ok(true));
            let address = address(&mut stream, 100 + i);
            let (number, street) = address.expose().split_once(' ').unwrap();
            assert_eq!(number, (100 + i).to_string());
            assert!(WORDS.streets.iter().any(|s| s == street), "{street}");
            let (first, last) = name(&mut stream);
            assert!(!first.expose().is_empty() && !last.expose().is_empty());
        }
        assert_eq!(email(b'c', 0xabcdef).expose(), "cabcdef@example.com");
    }
}
