fn main() { println!("{}", iroh_services::IROH_SERVICES_VERSION); }
