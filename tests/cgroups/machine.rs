//! In a virtual machine, which mounts what a test wants, and where everything is this test's own.

use crate::support::program;
use crate::vm::Machine;

/// What all scripts begin with. They say what they find in lines that begin with `= `.
const PRELUDE: &str = r#"
say() { echo "= $*"; }
cat >/bin/hungry <<'END'
#!/bin/sh
x=0123456789abcdef
while :; do x=$x$x; done
END
cat >/bin/bomb <<'END'
#!/bin/sh
bomb & bomb & wait
END
cat >/bin/own <<'END'
#!/bin/sh
# The directory of one's cgroup in a hierarchy, of which there is one.
echo ${1:-/sys/fs/cgroup}/pidone-*
END
chmod +x /bin/*
processes() { set -- /proc/[0-9]*; echo $#; }
left() { find /sys/fs/cgroup -name 'pidone-*' | wc -l; }
"#;

/// A hierarchy of version 2 with all controllers.
const VERSION_2: &str = "mount -t cgroup2 cgroup2 /sys/fs/cgroup\n";

/// Each controller of version 1 at a place of its own, and version 2 without any.
const HYBRID: &str = "mount -t tmpfs cgroup /sys/fs/cgroup; cd /sys/fs/cgroup\n\
    mkdir unified memory pids cpu,cpuacct cpuset blkio\n\
    mount -t cgroup2 cgroup2 unified\n\
    for one in memory pids cpu,cpuacct cpuset blkio; do mount -t cgroup -o $one $one $one; done\n\
    cd /\n";

/// Runs a script, and asserts that it says these lines.
fn assert_says(mounts: &str, script: &str, wanted: &str) {
    let Some(mut machine) = Machine::with_script(&[PRELUDE, mounts, script].concat()) else {
        return;
    };
    let pidone = std::fs::read(program()).expect("it was built");
    machine.files.file("bin/pidone", 0o755, pidone);
    let ran = machine.run();
    let lines = |text: &str| -> Vec<String> {
        let said = text
            .lines()
            .filter_map(|line| line.trim().strip_prefix("= "));
        said.map(str::to_string).collect()
    };
    assert_eq!(lines(&ran.out), lines(wanted), "{}", ran.out);
}

#[test]
fn limits_of_version_2_are_written() {
    let script = r#"
        all="--memory 32M --pids-limit 20 --cpus 0.5 --cpuset-cpus 0 --io-weight 50"
        pidone run $all sh -c 'cd $(own) && for file in memory.max memory.swap.max pids.max cpu.max cpuset.cpus io.weight
            do echo "= $file" $(cat $file); done
            echo "= in" $(cat /proc/self/cgroup) and $(wc -l <inside/cgroup.procs)
            echo max 2>/dev/null >memory.max || echo "= no change"
            echo 0 2>/dev/null >../cgroup.procs || echo "= no way out"'
        say status $? left $(left)
        mkdir /sys/fs/cgroup/a
        pidone run --cgroup-path /a/ sh -c 'echo "=" $(own /sys/fs/cgroup/a | cut -d- -f1)'
        say status $? left $(left)
    "#;
    let wanted = "
        = memory.max 33554432
        = memory.swap.max 0
        = pids.max 20
        = cpu.max 50000 100000
        = cpuset.cpus 0
        = io.weight default 50
        = in 0::/ and 2
        = no change
        = no way out
        = status 0 left 0
        = /sys/fs/cgroup/a/pidone
        = status 0 left 0
    ";
    assert_says(VERSION_2, script, wanted);
}

/// Bombs, with version 2 and with version 1.
const BOMBS: &str = r#"
    pidone run --memory 16M --json-status-fd 1 hungry 2>&1 | sed -n 's/^pidone/= pidone/p; s/^{"exit/= {"exit/p'
    pidone run --memory 16M sh -c 'hungry; echo "= it was $?"' 2>&1 | sed 's/^pidone/= pidone/'
    # The shell itself cannot fork then.
    pidone run --pids-limit 12 sh -c 'cd $(own $1); events=pids.events; [ ! -e inside/pids.events ] || events=inside/pids.events
        bomb 2>/dev/null &
        until read word count <$events && [ $count -gt 0 ]; do :; done
        read now <pids.current; [ $now -le 12 ] && echo "= contained"' sh $pids
    say status $?
    pidone run --cpus 0.1 sh -c 'while [ $((turns += 1)) -lt 9000 ]; do :; done
        cd $(own $1); grep -q "nr_throttled [1-9]" cpu.stat && echo "= throttled"' sh $cpu
    say left $(left)
    "#;

const CONTAINED: &str = "
    = pidone: out of memory: the kernel killed 1 of its processes (--memory)
    = {\"exit-code\": 137, \"signal\": 9, \"oom-kills\": 1}
    = it was 137
    = pidone: out of memory: the kernel killed 1 of its processes (--memory)
    = contained
    = status 0
    = throttled
    = left 0
    ";

#[test]
fn bombs_are_contained_with_version_2() {
    assert_says(VERSION_2, BOMBS, CONTAINED);
}

#[test]
fn bombs_are_contained_with_version_1() {
    let places = "pids=/sys/fs/cgroup/pids cpu=/sys/fs/cgroup/cpu,cpuacct\n";
    assert_says(&[HYBRID, places].concat(), BOMBS, CONTAINED);
}

/// What root inside may mount of the hierarchy is its own cgroup, which has no limits; and what it makes in
/// that does not stay.
#[test]
fn limits_of_version_2_cannot_be_mounted() {
    let script = r#"
        mkdir /tmp/mine
        for options in "-m" "-U" "-m --share pid"; do
            pidone run $options --memory 16M sh -c 'mount -t cgroup2 mine /tmp/mine && cd /tmp/mine
                cat memory.max memory.swap.max 2>/dev/null || echo "= none"
                mkdir -p a/b/c d; sleep 1000 & echo $! >a/b/c/cgroup.procs && echo 0 >d/cgroup.procs' 2>&1
            say $? left $(left)
        done
    "#;
    let wanted = "
        = none
        = 0 left 0
        = none
        = 0 left 0
        = none
        = 0 left 0
    ";
    assert_says(VERSION_2, script, wanted);
}

/// Processes that the end of the command does not end, and the end of pidone itself.
const ENDS: &str = r#"
    before=$(processes)
    pidone run --share pid --pids-limit 50 sh -c 'for one in 1 2 3 4 5 6; do sleep 1000 & done'
    say status $? left $(left) more $(($(processes) - before))
    pidone run --pids-limit 50 --stop-timeout 0.1 sleep 1000 & sleep 1; kill $!; wait $!
    say status $? left $(left) more $(($(processes) - before))
    pidone run --pids-limit 50 sh -c 'sleep 1000 & sleep 1000' & sleep 1; kill -9 $!; wait $! 2>/dev/null
    folder=$(find /sys/fs/cgroup -name 'pidone-*')
    while [ "$(cat $folder/cgroup.procs $folder/inside/cgroup.procs 2>/dev/null)" ]; do sleep 0.1; done
    say status $? left $(left) more $(($(processes) - before))
    rmdir $folder/inside 2>/dev/null; rmdir $folder && say removed
    pidone run --pids-limit 50 --stop-timeout 0.1 --timeout 0.5 sleep 1000
    say status $? left $(left) more $(($(processes) - before))
    pidone run --pids-limit 50 no-such-command 2>/dev/null
    say status $? left $(left)
    "#;

const ENDED: &str = "
    = status 0 left 0 more 0
    = status 137 left 0 more 0
    = status 0 left 1 more 0
    = removed
    = status 137 left 0 more 0
    = status 127 left 0
    ";

#[test]
fn nothing_is_left_with_version_2() {
    assert_says(VERSION_2, ENDS, ENDED);
}

#[test]
fn nothing_is_left_with_version_1() {
    assert_says(HYBRID, ENDS, ENDED);
}

#[test]
fn limits_of_version_1_are_written() {
    let script = r#"
        cd /sys/fs/cgroup; mkdir memory/a pids/a; echo $$ >memory/a/cgroup.procs
        all="--memory 32M --pids-limit 20 --cpus 0.5 --cpuset-cpus 0"
        pidone run $all sh -c 'cd /sys/fs/cgroup
            cat memory/a/pidone-*/memory.limit_in_bytes pids/pidone-*/pids.max
            cat cpu,cpuacct/pidone-*/cpu.cfs_quota_us cpuset/pidone-*/cpuset.mems cpuset/pidone-*/cpuset.cpus
            grep -v :/$ /proc/self/cgroup
            for one in . memory/a pids cpuset memory/a/pidone-*
                do echo 0 2>/dev/null >$one/cgroup.procs && echo a way out; done
            echo /bin/sh 2>/dev/null >memory/release_agent && echo a release agent' | sed 's/^/= /'
        say left $(left)
        pidone run --memory 32M --pids-limit 5 --cgroup-path /a sh -c '
            cd /sys/fs/cgroup; echo "=" memory/a/pidone-* pids/a/pidone-*' | sed 's/-[-0-9]*//g'
        pidone run --cgroup-path / sh -c 'echo "=" /sys/fs/cgroup/unified/pidone-*' | sed 's/-[-0-9]*//g'
        say left $(left)
        pidone run --io-weight 5 true 2>&1 | sed 's/.*blkio.bfq/= blkio.bfq/; s/^hint/= hint/'
        say left $(left)
    "#;
    let wanted = "
        = 33554432
        = 20
        = 50000
        = 0
        = 0
        = left 0
        = memory/a/pidone pids/a/pidone
        = /sys/fs/cgroup/unified/pidone
        = left 0
        = blkio.bfq.weight\", O_WRONLY|O_CLOEXEC): ENOENT
        = hint: there is no such cgroup, or this kernel has no such limit
        = left 0
    ";
    assert_says(HYBRID, script, wanted);
}

#[test]
fn a_user_has_what_is_delegated() {
    let script = r#"
        cd /sys/fs/cgroup
        try() { user pidone run "$@" 2>&1 | sed 's/^pidone: step [0-9]* of [0-9]*/= step/; s/^pidone/= pidone/; s/^hint/= hint/; s/pidone-[-0-9]*/pidone/; s/clone3.*}/clone3/'; }
        try --memory 16M true
        mkdir -p u/shell; echo +memory +pids +cpu >cgroup.subtree_control
        chown 1000 u u/cgroup.procs u/cgroup.subtree_control u/shell u/shell/cgroup.procs u/shell/cgroup.subtree_control
        try --pids-limit 5 --cgroup-path /u true
        # As a unit with Delegate=yes is entered.
        inside() { (echo 0 >u/shell/cgroup.procs; try "$@"); }
        inside --memory 16M --pids-limit 20 --cpus 0.5 sh -c 'cd $(own /sys/fs/cgroup/u)
            echo "=" $(cat memory.max pids.max cpu.max) in $(cat /proc/self/cgroup)
            echo 0 2>/dev/null >../shell/cgroup.procs || echo "= no way out"'
        inside --memory 16M hungry
        inside --io-weight 5 true
        inside --memory 16M --cgroup-path /u/shell true
        inside --pids-limit 5 --cgroup-path /u/shell/ true
        inside --pids-limit 5 --cgroup-path /u/none true
        inside --pids-limit 5 --cgroup-path / true
        say left $(left)
    "#;
    let owner = "this is for root, or who owns the cgroup: \"systemd-run --user --scope pidone run\" is in one";
    let populated = "with processes in it a cgroup gives controllers to none inside: name another with --cgroup-path";
    let wanted = format!(
        "
        = step: mkdirat(AT_FDCWD, \"/sys/fs/cgroup/pidone\", 0755): EACCES
        = hint: {owner}
        = step: clone3, 88): EACCES
        = hint: {owner}
        = 16777216 20 50000 100000 in 0::/
        = no way out
        = pidone: out of memory: the kernel killed 1 of its processes (--memory)
        = step: write(&proc, \"+io\", 3): ENOENT
        = hint: the cgroup above has no such controller: name another with --cgroup-path, or be in a systemd unit \
        with Delegate=yes
        = step: write(&proc, \"+memory\", 7): EBUSY
        = hint: {populated}
        = step: clone3, 88): EOPNOTSUPP
        = hint: {populated}
        = step: mkdirat(AT_FDCWD, \"/sys/fs/cgroup/u/none/pidone\", 0755): ENOENT
        = hint: there is no such cgroup, or this kernel has no such limit
        = step: mkdirat(AT_FDCWD, \"/sys/fs/cgroup/pidone\", 0755): EACCES
        = hint: {owner}
        = left 0
        "
    );
    assert_says(VERSION_2, script, &wanted);
}

#[test]
fn read_only_cgroups_are_told() {
    let script = "mount -o remount,ro /sys/fs/cgroup\n\
        pidone run --memory 16M true 2>&1 | sed 's/^hint/= hint/'; umount /sys/fs/cgroup\n\
        pidone run --memory 16M true 2>&1 | sed 's/^pidone/= pidone/'\n\
        umount /proc; pidone run --cgroup-path / true 2>&1 | sed 's/^pidone/= pidone/'; mount -t proc proc /proc";
    let wanted = "
        = hint: cgroups are mounted read-only here; in a container: docker run --privileged
        = pidone: --memory needs a mounted cgroup controller: memory
        = pidone: --cgroup-path needs a mounted cgroup controller: any
    ";
    assert_says(VERSION_2, script, wanted);
}
