//! See the function of this name.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| gatepost_fuzz_targets::api_keys(data));
