//! Values that are none: each is refused with what is wanted instead.

use crate::options::assert_wrong_option;

/// Options, what is wanted, and words that are not.
const INVALID: [(&[&str], &str, &[&str]); 21] = [
    (
        &["cap-add", "cap-drop"],
        "a capability such as NET_ADMIN, or ALL",
        &[
            "",
            "CAP_",
            "net_admin",
            "NET_ADMIN,KILL",
            "all",
            "CAP_ALL",
            "-1",
            "63",
            "1e1",
            "0x1",
        ],
    ),
    (
        &["seccomp"],
        "default, or a descriptor of 1 to 4096 instructions of 8 bytes",
        &[
            "",
            "-1",
            "2147483648",
            "Default",
            "default ",
            "0x10",
            "/etc/filter",
        ],
    ),
    (
        &["landlock-tcp-connect", "landlock-tcp-bind"],
        "a port from 0 to 65535",
        &[
            "",
            "-1",
            "65536",
            "4294967297",
            "https",
            "80,443",
            "0x50",
            "1e3",
        ],
    ),
    (
        &["map-user", "map-group"],
        "a number from 0 to 4294967294",
        &[
            "-1",
            "+1",
            "4294967295",
            "4294967296",
            "99999999999999999999",
            "1e3",
            "0x10",
            "",
            " 1",
            "1 ",
            "1,2",
            "root",
        ],
    ),
    (
        &["info-fd", "json-status-fd", "block-fd", "sync-fd"],
        "the number of an open descriptor",
        &[
            "-1",
            "2147483648",
            "4294967295",
            "4294967296",
            "1e3",
            "0x10",
            "",
            "&1",
            "stdout",
        ],
    ),
    (
        &["preserve-fds"],
        "a number of descriptors",
        &["-1", "2147483648", "4294967296", "1e3", "0x10", ""],
    ),
    (
        &["monotonic", "boottime"],
        "a whole number of seconds",
        &[
            "1.5",
            "1e3",
            "0x10",
            "",
            "-",
            "+",
            "--1",
            "9223372036854775808",
            "-9223372036854775809",
            "1s",
        ],
    ),
    (
        &["nice"],
        "a number from -20 to 19",
        &["-21", "20", "4294967295", "1e3", "0x10", "", "1.5", "+-1"],
    ),
    (
        &["oom-score-adj"],
        "a number from -1000 to 1000",
        &["-1001", "1001", "4294967296", "1e3", "0x10", ""],
    ),
    (
        &["umask"],
        "an octal number up to 777",
        &["1000", "8", "-1", "0x10", "", "u=rwx", "4294967295"],
    ),
    (
        &["timeout", "stop-timeout"],
        "a number of seconds, such as 10 or 0.5",
        &[
            "-1",
            "1e3",
            "0x10",
            "",
            ".5",
            "5.",
            "1.5s",
            "99999999999999999999",
            "1,5",
        ],
    ),
    (
        &["stop-signal"],
        "a signal such as TERM, 15 or RTMIN+3",
        &["0", "65", "-1", "", "NOPE", "SIG", "RTMAX+1", "1e1"],
    ),
    (
        &["rlimit"],
        "a name such as nofile, =, and one or two numbers or inf with : between",
        &[
            "",
            "nofile",
            "nofile=",
            "=5",
            "files=5",
            "NOFILE=5",
            "nofile=5:",
            "nofile=:5",
            "nofile=-1",
            "nofile=1:2:3",
            "nofile=1e3",
            "nofile=0x10",
        ],
    ),
    (
        &["memory"],
        "a number of bytes from 1m, such as 16m or 1g",
        &[
            "",
            "0",
            "0K",
            "512",
            "1023k",
            "-1",
            "M",
            "1.5M",
            "64MB",
            "64 M",
            "max",
            "1E",
            "1T",
            "18446744073709551616",
            "17179869184G",
        ],
    ),
    (
        &["pids-limit"],
        "a number from 1",
        &["", "0", "-1", "max", "1.5", "18446744073709551616"],
    ),
    (
        &["cpus"],
        "a number of processors, such as 2 or 0.5",
        &["", "0", "0.009", "-1", ".5", "5.", "50%", "max"],
    ),
    (
        &["cpuset-cpus"],
        "a list of processors, such as 0-2,4",
        &["", "a", "0 1", "0;1", "all", "0x1"],
    ),
    (
        &["io-weight"],
        "a number from 1 to 10000",
        &["", "0", "10001", "-1", "default 5", "1.5"],
    ),
    (
        &["share", "try"],
        "a list of mount, uts, ipc, net, pid, user, cgroup, time",
        &[
            "", "nope", "net,", ",net", "net,,uts", "NET", "net uts", "all",
        ],
    ),
    (
        &["hostname", "domainname"],
        "a name of 1 to 64 bytes",
        &[""],
    ),
    (
        &["propagation"],
        "private, slave, shared or unchanged",
        &["", "rprivate", "PRIVATE", "private,"],
    ),
];

#[test]
fn an_invalid_value_is_told_with_what_is_wanted() {
    for (options, wanted, words) in INVALID {
        for option in options {
            for word in words {
                let sentence = format!("--{option} {word:?}: wanted is {wanted}");
                assert_wrong_option(&[&format!("--{option}={word}"), "true"], &sentence);
                assert_wrong_option(&[&format!("--{option}"), word, "true"], &sentence);
            }
        }
    }
}

#[test]
fn names_have_their_bounds() {
    let long = "n".repeat(65);
    for option in ["hostname", "domainname"] {
        let sentence = format!("--{option} {long:?}: wanted is a name of 1 to 64 bytes");
        assert_wrong_option(&[&format!("--{option}"), &long, "true"], &sentence);
    }
    assert_wrong_option(
        &["--setgroups=maybe", "true"],
        "--setgroups \"maybe\": wanted is allow or deny",
    );
    for word in ["", "=x"] {
        assert_wrong_option(
            &["-e", word, "true"],
            &format!("--env {word:?}: wanted is NAME=VALUE or NAME"),
        );
    }
    for word in ["", "A=B", "="] {
        let wanted = "wanted is a name without =";
        assert_wrong_option(
            &["--unsetenv", word, "true"],
            &format!("--unsetenv {word:?}: {wanted}"),
        );
        assert_wrong_option(
            &["--setenv", word, "x", "true"],
            &format!("--setenv {word:?} \"x\": {wanted}"),
        );
    }
}
