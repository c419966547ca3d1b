//! `make issuer`: the issuer that envoy/jwt-auth.yaml expects,
//! on port 8081 of this machine, with tokens to try. It runs until it is
//! interrupted; its keys live as long.

use gatepost_e2e::{Answer, FeedServer, Issuer, Result, SigningKey, samples};

const PORT: u16 = 8081;

fn main() -> Result<()> {
    let issuer = Issuer::new(
        "https://issuer.example",
        "shop",
        SigningKey::generate("RS256", "first")?,
    );
    let server = FeedServer::start_at(PORT)?;
    server.answer("/jwks.json", Answer::ok(issuer.jwks()));
    println!("# keys at http://127.0.0.1:{PORT}/jwks.json; good for a day, or until this ends");
    for sample in samples(&issuer)? {
        println!("# {}\n{}={}", sample.says, sample.name, sample.token);
    }
    loop {
        std::thread::park();
    }
}
