// whisper.cpp as its command line runs it, for where `whisper-cli` itself is not at hand:
// the crate's sources leave the examples out.  The parameters are those that version 1.8.3
// of examples/cli sets when nothing but model, language, threads and file is given: beam
// search of 5, best of 5, flash attention, temperature fallback.
//
//     stock-whisper -m MODEL -t THREADS -l LANGUAGE [-nt] [-np] FILE.wav
//
// FILE is 16 kHz mono WAV of 16 bits, which whisper-cli converts other files to.
#include "whisper.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

static std::vector<float> samples(const std::string & path) {
    std::ifstream file(path, std::ios::binary);
    const std::vector<char> bytes((std::istreambuf_iterator<char>(file)), {});
    const auto number = [&](size_t at, size_t size) {
        uint32_t value = 0;
        std::memcpy(&value, bytes.data() + at, size);
        return value;
    };
    bool is_right = false;
    for (size_t at = 12; at + 8 <= bytes.size(); at += 8 + number(at + 4, 4)) {
        if (std::memcmp(bytes.data() + at, "fmt ", 4) == 0) {
            is_right = number(at + 8, 2) == 1 && number(at + 10, 2) == 1 &&
                       number(at + 12, 4) == WHISPER_SAMPLE_RATE && number(at + 22, 2) == 16;
        } else if (std::memcmp(bytes.data() + at, "data", 4) == 0 && is_right) {
            const size_t left = bytes.size() - at - 8;
            const size_t size = number(at + 4, 4) < left ? number(at + 4, 4) : left;
            std::vector<float> out(size / 2);
            for (size_t i = 0; i < out.size(); i++) {
                int16_t sample;
                std::memcpy(&sample, bytes.data() + at + 8 + 2 * i, 2);
                out[i] = sample / 32768.0f;
            }
            return out;
        }
    }
    std::fprintf(stderr, "%s is not 16 kHz mono WAV of 16 bits\n", path.c_str());
    std::exit(2);
}

int main(int count, char ** arguments) {
    std::string model, language = "en", path;
    int threads = 4;
    for (int i = 1; i < count; i++) {
        const std::string argument = arguments[i];
        const bool has_value = i + 1 < count;
        if (argument == "-m" && has_value) {
            model = arguments[++i];
        } else if (argument == "-t" && has_value) {
            threads = std::atoi(arguments[++i]);
        } else if (argument == "-l" && has_value) {
            language = arguments[++i];
        } else if (argument != "-nt" && argument != "-np") {
            path = argument;
        }
    }
    whisper_log_set([](ggml_log_level, const char *, void *) {}, nullptr);
    whisper_context_params context_params = whisper_context_default_params();
    context_params.use_gpu = false;
    whisper_context * context = whisper_init_from_file_with_params(model.c_str(), context_params);
    if (context == nullptr) {
        std::fprintf(stderr, "cannot load %s\n", model.c_str());
        return 2;
    }
    whisper_full_params params = whisper_full_default_params(WHISPER_SAMPLING_BEAM_SEARCH);
    params.n_threads = threads;
    params.language = language.c_str();
    params.print_progress = false;
    params.print_timestamps = false;
    params.beam_search.beam_size = 5;
    params.greedy.best_of = 5;
    const std::vector<float> audio = samples(path);
    if (whisper_full(context, params, audio.data(), int(audio.size())) != 0) {
        std::fprintf(stderr, "transcription failed\n");
        return 1;
    }
    for (int i = 0; i < whisper_full_n_segments(context); i++) {
        std::printf("%s\n", whisper_full_get_segment_text(context, i));
    }
    whisper_free(context);
    return 0;
}
