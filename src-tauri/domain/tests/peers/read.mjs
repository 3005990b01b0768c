// Reads lines of a country and a text, and answers each with the number in E.164, or with nothing where it is no possible
// number, as libphonenumber-js understands it with the whole of its metadata.

import { createInterface } from 'node:readline';
import { parsePhoneNumberFromString } from 'libphonenumber-js/max';

for await (const line of createInterface({ input: process.stdin })) {
  const [country, text] = line.split('\t');
  const number = parsePhoneNumberFromString(text, country);
  console.log(number?.isPossible() ? number.number : '');
}
