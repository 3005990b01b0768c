"""As time.cc, with the library that is Python's."""

import sys
import time

import phonenumbers

TEXTS = [line.rstrip("\n").split("\t") for line in sys.stdin]


def read(country, text):
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


times = []
numbers = []
# The first round loads the metadata and is not counted.
for turn in range(int(sys.argv[1]) + 1):
    begun = time.perf_counter()
    numbers = [read(country, text) for country, text in TEXTS]
    if turn > 0:
        times.append((time.perf_counter() - begun) * 1e3 / len(TEXTS))
print(*times)
for number in numbers:
    print(number)
