//! The server itself: TLS on loopback, a log of what was asked, faults on request.

use std::collections::VecDeque;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::serve::Listener;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::server::TlsStream;

use crate::Fault;

/// A request that arrived.
#[derive(Debug, Clone)]
pub struct Seen {
    /// `GET`
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// As text.
    pub body: String,
}

impl Seen {
    /// The first value of a header; its name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}

/// What requests meet before they meet the service.
#[derive(Debug, Default)]
struct Desk {
    seen: Mutex<Vec<Seen>>,
    faults: Mutex<VecDeque<(String, Fault)>>,
}

/// A running server; it ends when this is dropped.
pub struct Server {
    address: SocketAddr,
    certificate: String,
    desk: Arc<Desk>,
    stop: Option<oneshot::Sender<()>>,
}

impl Server {
    /// Serves a router on a free port of this machine, under the name `localhost`.
    ///
    /// # Panics
    /// Where no port can be had.
    #[must_use]
    pub fn start(router: Router) -> Self {
        let own = rcgen::generate_simple_self_signed(["localhost".to_owned()])
            .expect("a certificate can be made");
        let key = PrivatePkcs8KeyDer::from(own.signing_key.serialize_der());
        let tls = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("TLS 1.2 and 1.3 are there")
            .with_no_client_auth()
            .with_single_cert(vec![own.cert.der().clone()], PrivateKeyDer::Pkcs8(key))
            .expect("the certificate fits its key");
        let desk = Arc::new(Desk::default());
        let router = router.layer(from_fn_with_state(Arc::clone(&desk), receive));
        let (stop, stopped) = oneshot::channel();
        let (tell, started) = std::sync::mpsc::channel();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime starts");
            runtime.block_on(async {
                let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
                tell.send(tcp.local_addr().expect("a port")).expect("somebody waits");
                let listener = Tls { tcp, acceptor: TlsAcceptor::from(Arc::new(tls)) };
                tokio::select! {
                    served = axum::serve(listener, router) => served.expect("it serves"),
                    _ = stopped => {}
                }
            });
        });
        let address = started.recv().expect("the server starts");
        Self { address, certificate: own.cert.pem(), desk, stop: Some(stop) }
    }

    /// `https://localhost:PORT`
    #[must_use]
    pub fn url(&self) -> String {
        format!("https://localhost:{}", self.address.port())
    }

    /// Its certificate in PEM, to be trusted by tests.
    #[must_use]
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// Lets something go wrong at the next request whose path begins so. Several wait in
    /// their order.
    pub fn fail(&self, path: &str, fault: Fault) {
        let mut faults = self.desk.faults.lock().unwrap_or_else(PoisonError::into_inner);
        faults.push_back((path.to_owned(), fault));
    }

    /// Every request so far.
    #[must_use]
    pub fn seen(&self) -> Vec<Seen> {
        self.desk.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Forgets the requests so far and the faults that nobody met.
    pub fn reset(&self) {
        self.desk.seen.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.desk.faults.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // It may have ended by itself.
            let _ = stop.send(());
        }
    }
}

/// Largest request in bytes.
const LARGEST: usize = 1 << 20;

async fn receive(State(desk): State<Arc<Desk>>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LARGEST).await else {
        return axum::http::StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let headers: Vec<_> = parts
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), text(value.as_bytes())))
        .collect();
    let echo = serde_json::to_string(&headers).unwrap_or_default();
    desk.seen.lock().unwrap_or_else(PoisonError::into_inner).push(Seen {
        method: parts.method.to_string(),
        target: parts.uri.to_string(),
        headers,
        body: text(&body),
    });
    if let Some(fault) = desk.next_fault(parts.uri.path())
        && let Some(answer) = fault.answer(echo).await
    {
        return answer;
    }
    next.run(Request::from_parts(parts, Body::from(body))).await
}

impl Desk {
    fn next_fault(&self, path: &str) -> Option<Fault> {
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        let at = faults.iter().position(|(start, _)| path.starts_with(start.as_str()))?;
        faults.remove(at).map(|(_, fault)| fault)
    }
}

struct Tls {
    tcp: TcpListener,
    acceptor: TlsAcceptor,
}

impl Listener for Tls {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            // A caller that trusts nobody hangs up in the middle; the next one may not.
            if let Ok((tcp, address)) = self.tcp.accept().await
                && let Ok(tls) = self.acceptor.accept(tcp).await
            {
                return (tls, address);
            }
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.tcp.local_addr()
    }
}
