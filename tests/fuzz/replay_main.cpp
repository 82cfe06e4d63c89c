// Replays a corpus folder through a fuzz target, so that every crash once found stays a test under any compiler.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

void run(const std::vector<std::uint8_t>& input) { LLVMFuzzerTestOneInput(input.data(), input.size()); }

// A few hundred deterministic mutations of each seed: far from a fuzzing run, but it keeps the target honest in CI.
void run_mutations(std::vector<std::uint8_t> input, std::mt19937& random) {
  if (input.empty()) return;
  for (int round = 0; round < 200; ++round) {
    auto mutated = input;
    for (int edits = 0; edits < 3; ++edits) {
      const auto at = random() % mutated.size();
      switch (random() % 4) {
        case 0: mutated[at] = static_cast<std::uint8_t>(random()); break;
        case 1: mutated.resize(at + 1); break;
        case 2: mutated.insert(mutated.begin() + static_cast<std::ptrdiff_t>(at), mutated[random() % mutated.size()]); break;
        case 3: mutated.erase(mutated.begin() + static_cast<std::ptrdiff_t>(at)); break;
      }
      if (mutated.empty()) break;
    }
    run(mutated);
  }
}

}  // namespace

int main(int argc, char** argv) {
  int files = 0;
  run({});
  std::mt19937 random{20260101};
  for (int i = 1; i < argc; ++i) {
    if (!std::filesystem::is_directory(argv[i])) {
      std::fprintf(stderr, "no corpus folder %s\n", argv[i]);
      return 1;
    }
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
      std::ifstream in(entry.path(), std::ios::binary);
      std::vector<std::uint8_t> input{std::istreambuf_iterator<char>(in), {}};
      run(input);
      run_mutations(input, random);
      ++files;
    }
  }
  std::printf("%d files replayed\n", files);
  return files > 0 ? 0 : 1;
}
