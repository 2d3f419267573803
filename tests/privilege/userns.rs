//! `--disable-userns`: no further user namespace, and no way back.

use crate::probe::tried;
use crate::support::{Scratch, callers, run};

const NEW_USER: &str = "clone:268435456";
const UNSHARE_USER: &str = "unshare:268435456";

#[test]
fn no_user_namespace_can_be_made_inside() {
    for &caller in callers() {
        for options in [
            &["--disable-userns"][..],
            &["--disable-userns", "--allow-new-privs"],
            &["--disable-userns", "-a"],
            &["--disable-userns", "--map-user=5"],
            &["--disable-userns", "--map-user=5", "--cap-add=ALL"],
            &["--disable-userns", "--cap-drop=ALL"],
        ] {
            let found = tried(caller, options, &[NEW_USER, UNSHARE_USER]);
            assert_eq!(found, [libc::ENOSPC; 2], "{options:?}, {caller:?}");
        }
        // The control.
        assert_eq!(
            tried(caller, &["-U"], &[NEW_USER, UNSHARE_USER]),
            [0; 2],
            "{caller:?}"
        );
    }
}

#[test]
fn it_cannot_be_undone() {
    // The limit itself, by every /proc that can be had; and who could set it.
    let scratch = Scratch::new("again");
    let folder = scratch.path.display().to_string();
    let script = "
        for proc in /proc $0; do
            [ $proc = /proc ] || mount -t proc proc $proc
            echo 100 >$proc/sys/user/max_user_namespaces && echo written
        done 2>/dev/null
        cat /proc/sys/user/max_user_namespaces
        unshare -U true 2>/dev/null && echo unshared
        exit 0";
    let shell = ["/bin/sh", "-c", script, &folder];
    for &caller in callers() {
        let options = ["--disable-userns", "--allow-new-privs"];
        let ran = run(caller, &[&options, &shell[..]].concat());
        assert_eq!((ran.code, ran.out.as_str()), (Some(0), "0\n"), "{ran:?}");
        // The control: with the capability, which root has in a namespace of its own, it can.
        let ran = run(caller, &[&["-U"], &shell[..]].concat());
        let end = "written\nwritten\n100\nunshared\n";
        assert_eq!((ran.code, ran.out.as_str()), (Some(0), end), "{ran:?}");
    }
}

#[test]
fn the_caller_can_still_make_them() {
    for &caller in callers() {
        assert_eq!(
            run(caller, &["--disable-userns", "/bin/true"]).code,
            Some(0),
            "{caller:?}"
        );
        assert_eq!(
            run(caller, &["-U", "/bin/true"]).code,
            Some(0),
            "{caller:?}"
        );
    }
}
