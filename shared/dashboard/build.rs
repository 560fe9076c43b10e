//! Has cargo compile the crate anew when the dashboard was built: its files are embedded.

fn main() {
    println!("cargo::rerun-if-changed=../../dashboard/dist");
    println!("cargo::rerun-if-changed=../../dashboard/headers.json");
}
