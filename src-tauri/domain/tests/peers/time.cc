// As time.mjs, with Google's library, which ours is made after. What it makes of a text is written as E.164 within the time, since
// ours is.

#include <phonenumbers/phonenumberutil.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

int main(int, char** arguments) {
  std::vector<std::pair<std::string, std::string>> texts;
  for (std::string line; std::getline(std::cin, line);) {
    const auto tab = line.find('\t');
    texts.emplace_back(line.substr(0, tab), line.substr(tab + 1));
  }
  const auto& util = *PhoneNumberUtil::GetInstance();
  const int rounds = std::atoi(arguments[1]);
  std::vector<std::string> numbers(texts.size());
  // The first round fills the library's caches and is not counted.
  for (int round = 0; round <= rounds; ++round) {
    const auto begun = std::chrono::steady_clock::now();
    for (size_t at = 0; at < texts.size(); ++at) {
      PhoneNumber number;
      numbers[at].clear();
      const auto& [country, text] = texts[at];
      if (util.Parse(text, country, &number) == PhoneNumberUtil::NO_PARSING_ERROR && util.IsValidNumber(number)) {
        util.Format(number, PhoneNumberUtil::E164, &numbers[at]);
      }
    }
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begun;
    if (round > 0) std::printf("%s%.9f", round > 1 ? " " : "", took.count() / static_cast<double>(texts.size()));
  }
  std::printf("\n");
  for (const auto& number : numbers) std::printf("%s\n", number.c_str());
}
