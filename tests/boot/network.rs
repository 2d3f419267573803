//! A network, and what is fetched over it.

use super::{add_modules, assert_says, machine};
use std::io::{Read, Write};
use std::net::TcpListener;

/// An image may have a link in the file's place, whose other end is not there, or could be made.
#[test]
fn name_servers_are_found_behind_a_link() {
    for (target, found) in [
        ("../run/systemd/resolve/stub-resolv.conf", "no link"),
        ("../run/resolv.conf", "../run/resolv.conf"),
        ("../proc/net/pnp", "no link"),
    ] {
        let script = "cat /etc/resolv.conf; readlink /etc/resolv.conf || echo no link";
        let Some(mut machine) = machine("pidone.dns=10.0.2.3", script) else {
            return;
        };
        machine.files.link("etc/resolv.conf", target);
        let ended = machine.boot();
        assert_says(&ended, &["nameserver 10.0.2.3", found, "pidone: exit 0"]);
        assert_eq!(ended.console.matches("pidone: ").count(), 1);
    }
}

/// The host answers one request over HTTP.
#[test]
fn a_workload_reaches_the_host() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = listener.local_addr().expect("it has a port").port();
    let script = format!(
        "ifconfig eth0; cat /etc/resolv.conf; ip -6 route\n\
        wget -qO- http://10.0.2.2:{port}/; ping -c 1 -W 9 fec0::2 | grep -o '1 packets received'"
    );
    let words = "pidone.modules=/modules pidone.net=eth0,10.0.2.15/24,10.0.2.2,mtu=1400 \
        pidone.net=eth0,fec0::15/64,fec0::2 pidone.dns=10.0.2.3 pidone.dns=fec0::3";
    let Some(mut machine) = machine(words, &script) else {
        return;
    };
    let modules = [
        "virtio_ring",
        "virtio",
        "virtio_mmio",
        "failover",
        "net_failover",
        "virtio_net",
    ];
    add_modules(&mut machine, &modules);
    for word in [
        "-netdev",
        "user,id=net,ipv4=on,ipv6=on",
        "-device",
        "virtio-net-device,netdev=net",
    ] {
        machine.arguments.push(word.into());
    }
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("somebody asks");
        let _ = stream.read(&mut [0; 1000]);
        let answer = "HTTP/1.0 200 OK\r\nContent-Length: 11\r\n\r\nfrom afar.\n";
        stream.write_all(answer.as_bytes()).expect("it listens");
    });
    let ended = machine.boot();
    assert_says(
        &ended,
        &[
            "nameserver 10.0.2.3",
            "nameserver fec0::3",
            "from afar.",
            "1 packets received",
            "pidone: exit 0",
        ],
    );
    for part in [
        "inet addr:10.0.2.15  Bcast:10.0.2.255  Mask:255.255.255.0",
        "inet6 addr: fec0::15/64",
        "MTU:1400",
        "default via fec0::2 dev eth0",
    ] {
        assert!(ended.console.contains(part), "{part}: {}", ended.console);
    }
    server.join().expect("it has answered");
}
