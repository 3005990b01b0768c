// Reads lines of a country and a text, then all of them over and over, as many rounds as the argument says. Answers with the
// milliseconds for one number in each round, and then with each number in E.164, or nothing where it is not valid.

import { createInterface } from 'node:readline';
import { parsePhoneNumberFromString } from 'libphonenumber-js/max';

const texts = [];
for await (const line of createInterface({ input: process.stdin })) texts.push(line.split('\t'));

const times = [];
let numbers = [];
// The first round warms the compiler up and is not counted.
for (let round = 0; round <= Number(process.argv[2]); round += 1) {
  const begun = process.hrtime.bigint();
  numbers = texts.map(([country, text]) => parsePhoneNumberFromString(text, country));
  if (round > 0) times.push(Number(process.hrtime.bigint() - begun) / 1e6 / texts.length);
}
console.log(times.join(' '));
for (const number of numbers) console.log(number?.isValid() ? number.number : '');
