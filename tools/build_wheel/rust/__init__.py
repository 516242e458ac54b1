"""What Rust needs in a build: cargo, rustc and the crates."""
