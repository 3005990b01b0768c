//! The table. Numbers that a plan reserves for films and books are used where there are such.

mod north;
mod world;

/// What two spellings are to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// One number.
    Same,
    /// Two numbers that end alike: never a match, at most a hint.
    Similar,
    /// Two numbers, or none.
    Different,
}

use Verdict::{Different, Same, Similar};

/// Two spellings as somebody in a country writes them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pair {
    pub(crate) country: &'static str,
    pub(crate) one: &'static str,
    pub(crate) other: &'static str,
    pub(crate) verdict: Verdict,
}

const fn pair(
    country: &'static str,
    one: &'static str,
    other: &'static str,
    verdict: Verdict,
) -> Pair {
    Pair { country, one, other, verdict }
}

/// All pairs.
pub(crate) fn table() -> impl Iterator<Item = &'static Pair> {
    [TABLE, north::TABLE, world::TABLE].into_iter().flatten()
}

const TABLE: &[Pair] = &[
    // Germany: trunk prefix 0, area codes of 2 to 5 digits, subscriber numbers of any length with direct dialling-in.
    pair("DE", "030 1234567", "+49 30 1234567", Same),
    pair("DE", "030/1234567", "0049 30 1234567", Same),
    pair("DE", "+49 (0)30 1234567", "030-123 45 67", Same),
    pair("DE", "(030) 1234567", "+49 (30) 123 45 67", Same),
    pair("DE", "0170 1234567", "+491701234567", Same),
    pair("DE", "01512 3456789", "+49 1512 3456789", Same),
    pair("DE", "(089) 123456", "+49 89 123456", Same),
    pair("DE", "0800 1234567", "+49 800 1234567", Same),
    pair("DE", "030 1234567 x123", "030 1234567", Same),
    pair("DE", "030 1234567 ext. 9", "+4930 1234567", Same),
    pair("DE", "tel:030-1234567;ext=123", "030 1234567", Same),
    pair("DE", "030 1234567 Durchwahl 12", "030 1234567", Same),
    pair("DE", "Ana Ruiz<0301234567>", "+49301234567", Same),
    pair("DE", "sip:+49301234567@pbx.example.com", "030 1234567", Same),
    pair("DE", "０３０１２３４５６７", "030 1234567", Same),
    pair("DE", "٠٣٠١٢٣٤٥٦٧", "030 1234567", Different),
    pair("DE", "49301234567", "030 1234567", Same),
    pair("DE", "+49 30 1234567", "+43 1 1234567", Similar),
    pair("DE", "030 1234567", "040 1234567", Similar),
    pair("DE", "0170 1234567", "0171 1234567", Similar),
    pair("DE", "089 123456", "089 1234560", Different),
    pair("DE", "030 1234567", "030 1234568", Different),
    pair("DE", "0301234567", "anonymous", Different),
    pair("DE", "anonymous", "anonymous", Different),
    pair("DE", "4101", "4101", Different),
    pair("DE", "+49\u{ad}355\u{ad}5017204", "0355 5017204", Same),
    pair("DE", "+49 355 \u{2014} 5017209", "0355 5017209", Same),
    pair("DE", "'+493555017210", "0355 5017210", Same),
    pair("DE", "+0049355501722", "0355 501722", Same),
    pair("DE", "0355 501722p123", "0355 501722", Same),
    pair("DE", "0355 501722*227", "0355 501722", Same),
    pair("DE", "0355 501711 oder 0171 5550111", "0355 501711", Same),
    pair("DE", "Tel.: +49-355.501722 (Büro)", "0355 501722", Same),
    pair("DE", "0000000000", "0000000000", Different),
    pair("DE", "000301234567", "000301234567", Different),
    // Austria: trunk prefix 0; Vienna is 1, and has numbers of 7 digits.
    pair("AT", "01 5344412", "+43 1 5344412", Same),
    pair("AT", "0043 1 5344412", "(01) 534 44 12", Same),
    pair("AT", "+43 (0)1 5344412", "01/5344412", Same),
    pair("AT", "0664 1234567", "+43 664 1234567", Same),
    pair("AT", "0732 123456", "+43 732 123456", Same),
    pair("AT", "0049 30 1234567", "+49 30 1234567", Same),
    pair("AT", "01 5344412", "+49 30 5344412", Similar),
    pair("AT", "0664 1234567", "0660 1234567", Similar),
    pair("AT", "01 5344412", "01 5344413", Different),
    // Switzerland: trunk prefix 0, nine digits, written 044 668 18 00.
    pair("CH", "044 668 18 00", "+41 44 668 18 00", Same),
    pair("CH", "0041 44 668 18 00", "0446681800", Same),
    pair("CH", "+41 (0)44 668 18 00", "044/668.18.00", Same),
    pair("CH", "079 123 45 67", "+41791234567", Same),
    pair("CH", "0800 800 800", "+41 800 800 800", Same),
    pair("CH", "044 668 18 00", "043 668 18 00", Similar),
    pair("CH", "079 123 45 67", "078 123 45 67", Similar),
    pair("CH", "044 668 18 00", "044 668 18 01", Different),
    // United Kingdom: trunk prefix 0; 01632 960xxx, 020 7946 0xxx and 07700 900xxx are kept free for drama.
    pair("GB", "020 7946 0018", "+44 20 7946 0018", Same),
    pair("GB", "(020) 7946 0018", "0044 20 7946 0018", Same),
    pair("GB", "+44 (0)20 7946 0018", "02079460018", Same),
    pair("GB", "07700 900123", "+44 7700 900123", Same),
    pair("GB", "01632 960001", "+44 1632 960001", Same),
    pair("GB", "0161 496 0000", "+441614960000", Same),
    pair("GB", "020 7946 0018 ext 4", "020 7946 0018", Same),
    pair("GB", "020 7946 0018", "020 8946 0018", Similar),
    pair("GB", "0161 496 0000", "0121 496 0000", Similar),
    pair("GB", "+44 20 7946 0018", "+1 212 946 0018", Similar),
    pair("GB", "07700 900123", "07700 900124", Different),
    // France: ten digits in pairs, the leading 0 is the trunk prefix.
    pair("FR", "01 42 68 53 00", "+33 1 42 68 53 00", Same),
    pair("FR", "0033 1 42 68 53 00", "01.42.68.53.00", Same),
    pair("FR", "+33 (0)1 42 68 53 00", "0142685300", Same),
    pair("FR", "06 12 34 56 78", "+33612345678", Same),
    pair("FR", "01 42 68 53 00", "04 42 68 53 00", Similar),
    pair("FR", "06 12 34 56 78", "07 12 34 56 78", Similar),
    pair("FR", "01 42 68 53 00", "01 42 68 53 01", Different),
    pair("FR", "01-42-68-53-00", "sip:0142685300@sbc.example.fr;user=phone", Same),
    // Italy: the leading 0 of a fixed line belongs to the number, also from abroad.
    pair("IT", "06 1234 5678", "+39 06 12345678", Same),
    pair("IT", "0039 06 12345678", "06-12345678", Same),
    pair("IT", "339 1234567", "+39 339 1234567", Same),
    pair("IT", "02 12345678", "+39 02 1234 5678", Same),
    pair("IT", "800 123456", "+39 800 123456", Same),
    pair("IT", "339 1234567", "338 1234567", Similar),
    pair("IT", "06 12345678", "02 12345678", Similar),
    pair("IT", "06 12345678", "06 12345679", Different),
    // Spain: nine digits, no trunk prefix.
    pair("ES", "910 000 111", "+34 910 000 111", Same),
    pair("ES", "91 000 01 11", "0034910000111", Same),
    pair("ES", "600 111 222", "+34600111222", Same),
    pair("ES", "910 000 111", "930 000 111", Similar),
    pair("ES", "600 111 222", "700 111 222", Similar),
    pair("ES", "600 111 222", "600 111 223", Different),
    // United States: ten digits, trunk prefix 1, 011 for other countries; 555-01xx is kept free.
    pair("US", "(212) 555-0123", "+1 212 555 0123", Same),
    pair("US", "212.555.0123", "1-212-555-0123", Same),
    pair("US", "2125550123", "12125550123", Same),
    pair("US", "(212) 555-0123 x45", "+12125550123", Same),
    pair("US", "001 212 555 0123", "(212) 555-0123", Same),
    pair("US", "011 49 30 1234567", "+49 30 1234567", Same),
    pair("US", "0049 30 1234567", "011 49 30 1234567", Same),
    pair("US", "1-800-FLOWERS", "+1 800 356 9377", Same),
    pair("US", "\u{202a}(212) 555-0123\u{202c}", "212-555-0123", Same),
    pair("US", "(212) 555-0123", "(646) 555-0123", Similar),
    pair("US", "+1 212 555 0123", "+44 20 7555 0123", Similar),
    pair("US", "(212) 555-0123", "(212) 555-0124", Different),
    pair("US", "call me maybe", "call me maybe", Different),
    pair("US", "212-555-0123 or 0124", "212-555-0123", Same),
    pair("US", "(415) 555-0109 #12", "+1 415 555 0109", Same),
    pair("US", "(415) 555-0104,,,001#", "+1 415 555 0104", Same),
    pair("US", "415-555-0109 Local 212", "(415) 555-0109", Same),
    pair("US", "(604) 555-0102", "+1 604 555 0102", Same),
    pair("US", "555-0123", "555-0123", Different),
    // China: trunk prefix 0 for fixed lines, none for mobiles.
    pair("CN", "010-6552 9988", "+86 10 6552 9988", Same),
    pair("CN", "(010) 65529988", "0086 10 65529988", Same),
    pair("CN", "+86 (0)10 6552 9988", "01065529988", Same),
    pair("CN", "138 0013 8000", "+8613800138000", Same),
    pair("CN", "0086 138 0013 8000", "13800138000", Same),
    pair("CN", "021-6888 8888", "+86 21 6888 8888", Same),
    pair("CN", "010-65529988转123", "010-65529988", Same),
    pair("CN", "010-65529988分机801", "010-65529988", Same),
    pair("CN", "０１０６５５２９９８８", "010 6552 9988", Same),
    pair("CN", "＋８６（１０）６５５２９９８８", "010 6552 9988", Same),
    pair("CN", "400 810 6666", "+86 400 810 6666", Same),
    pair("CN", "010-6552 9988", "021-6552 9988", Similar),
    pair("CN", "138 0013 8000", "139 0013 8000", Similar),
    pair("CN", "010-6552 9988", "010-6552 9989", Different),
    pair("CN", "未知", "未知号码", Different),
    // Argentina: mobiles have a 15 behind the area code at home, and a 9 before it from abroad.
    pair("AR", "011 15-2345-6789", "+54 9 11 2345-6789", Same),
    pair("AR", "011 2345-6789", "+54 11 2345 6789", Same),
    pair("AR", "0351 15-234-5678", "+54 9 351 234 5678", Same),
    pair("AR", "0054 9 11 2345 6789", "+5491123456789", Same),
    pair("AR", "(011) 4322-1234", "+541143221234", Same),
    pair("AR", "+54 11 2345 6789", "+54 9 11 2345 6789", Similar),
    pair("AR", "011 2345-6789", "011 2345-6780", Different),
    pair("AR", "0351 434-5678", "0341 434-5678", Similar),
    // Mexico: ten digits, no trunk prefix since 2019; the 1 of mobiles from abroad is history.
    pair("MX", "55 1234 5678", "+52 55 1234 5678", Same),
    pair("MX", "(55) 1234-5678", "0052 55 1234 5678", Same),
    pair("MX", "33 1234 5678", "+523312345678", Same),
    pair("MX", "55 1234 5678", "33 1234 5678", Similar),
    pair("MX", "222 123 4567", "+52 222 123 4567", Same),
    pair("MX", "55 1234 5678", "55 1234 5679", Different),
    pair("MX", "+52 1 55 5415 6314", "55 5415 6314", Same),
    pair("MX", "044 55 5415 6314", "55 5415 6314", Same),
    // Russia: trunk prefix 8, and 8 10 for other countries.
    pair("RU", "8 (495) 123-45-67", "+7 495 123-45-67", Same),
    pair("RU", "84951234567", "74951234567", Same),
    pair("RU", "8 916 123-45-67", "+79161234567", Same),
    pair("RU", "8 10 49 30 1234567", "+49 30 1234567", Same),
    pair("RU", "(495) 123-45-67", "8 495 1234567", Same),
    pair("RU", "8 (495) 123-45-67", "8 (499) 123-45-67", Similar),
    pair("RU", "8 800 555-35-35", "+7 800 555 35 35", Same),
    pair("RU", "8 916 123-45-67", "8 916 123-45-68", Different),
    // Japan: trunk prefix 0, 010 for other countries.
    pair("JP", "03-3224-9999", "+81 3 3224 9999", Same),
    pair("JP", "(03) 3224-9999", "0332249999", Same),
    pair("JP", "090-1234-5678", "+819012345678", Same),
    pair("JP", "０９０１２３４５６７８", "090 1234 5678", Same),
    pair("JP", "010 49 30 1234567", "+49 30 1234567", Same),
    pair("JP", "0081 3 3224 9999", "03 3224 9999", Same),
    pair("JP", "03-3224-9999", "06-3224-9999", Similar),
    pair("JP", "090-1234-5678", "080-1234-5678", Similar),
    pair("JP", "03-3224-9999", "03-3224-9998", Different),
    // Australia: trunk prefix 0, 0011 for other countries; 0491 570 xxx is kept free.
    pair("AU", "(02) 9374 4000", "+61 2 9374 4000", Same),
    pair("AU", "0061 2 9374 4000", "02 9374 4000", Same),
    pair("AU", "0491 570 156", "+61 491 570 156", Same),
    pair("AU", "+61 (0)2 9374 4000", "0293744000", Same),
    pair("AU", "0011 49 30 1234567", "+49 30 1234567", Same),
    pair("AU", "1300 975 707", "+61 1300 975 707", Same),
    pair("AU", "(02) 9374 4000", "(03) 9374 4000", Similar),
    pair("AU", "0491 570 156", "0491 570 157", Different),
    // Brazil: trunk prefix 0 with or without a carrier's two digits.
    pair("BR", "(11) 2345-6789", "+55 11 2345 6789", Same),
    pair("BR", "011 2345-6789", "1123456789", Same),
    pair("BR", "0 15 11 2345-6789", "(11) 2345-6789", Same),
    pair("BR", "(11) 91234-5678", "+5511912345678", Same),
    pair("BR", "(11) 8234-5678", "(11) 98234-5678", Same),
    pair("BR", "0055 11 2345 6789", "(11) 2345-6789", Same),
    pair("BR", "(11) 2345-6789", "(21) 2345-6789", Similar),
    pair("BR", "(11) 91234-5678", "(11) 91234-5679", Different),
    // India: trunk prefix 0, mobiles of ten digits.
    pair("IN", "098765 43210", "+91 98765 43210", Same),
    pair("IN", "9876543210", "0091 98765 43210", Same),
    pair("IN", "022 2778 2778", "+91 22 2778 2778", Same),
    pair("IN", "(022) 27782778", "02227782778", Same),
    pair("IN", "022 2778 2778", "011 2778 2778", Similar),
    pair("IN", "98765 43210", "88765 43210", Similar),
    pair("IN", "98765 43210", "98765 43211", Different),
];
