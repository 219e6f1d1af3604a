#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A real SLURM on this machine for tests, from Debian's packages slurmctld, slurmd, slurm-client and
# munge: on loopback, on free ports, as the user who calls it, beside any other SLURM.
#   local_slurm.sh start FOLDER      everything lies in FOLDER; afterwards: . FOLDER/env.sh
#   local_slurm.sh stop FOLDER       cancels all jobs and ends the daemons
#   local_slurm.sh kill-node FOLDER NODE | start-node FOLDER NODE
# SLURM_NODES: how many (1); with more, each has its own namespaces, which needs root. SLURM_NODE_CORES
# (4), SLURM_NODE_MEMORY in MiB (that of the machine), SLURM_MAX_TIME of a job (INFINITE).
# SLURM_OWNER: a process; when it is gone, everything is stopped.
set -euo pipefail
export PATH=$PATH:/usr/sbin:/sbin
command=${1:?start, stop, kill-node or start-node} folder=$(readlink -m "${2:?a folder}")
nodes=${SLURM_NODES:-1} cores=${SLURM_NODE_CORES:-4}
export SLURM_CONF=$folder/slurm.conf
die() { echo "local_slurm.sh: $*" >&2; exit 1; }

free_ports() { # how many
  python3 -c '
import socket, sys
sockets = [socket.socket() for _ in range(int(sys.argv[1]))]
for one in sockets: one.bind(("127.0.0.1", 0))
print(*[one.getsockname()[1] for one in sockets])' "$1"
}

is_ours() { # pid: alive, and its command line names the folder
  { tr '\0' ' ' <"/proc/$1/cmdline"; } 2>/dev/null | grep -qF "$folder/"
}

our_process() { # name of a pid file
  local pid
  pid=$(cat "$folder/run/$1.pid" 2>/dev/null) && [[ $pid =~ ^[0-9]+$ ]] && is_ours "$pid" && echo "$pid"
}

end_process() { # name
  local pid i
  pid=$(our_process "$1") || return 0
  kill -TERM "$pid" 2>/dev/null || return 0
  for ((i = 0; i < 100; i++)); do is_ours "$pid" || return 0; sleep 0.1; done
  kill -KILL "$pid" 2>/dev/null || true
}

# Processes of the nodes of this SLURM: daemons, those of steps, which outlive slurmd, and jobs.
node_processes() { # [node]
  local file variables
  for file in /proc/[0-9]*/environ; do
    variables=$({ tr '\0' '\n' <"$file"; } 2>/dev/null) || continue
    grep -qxF "SLURM_CONF=$folder/slurm.conf" <<<"$variables" || continue
    grep -qxE "(TEST_NODE|SLURMD_NODENAME)=${1:-.*}" <<<"$variables" || continue
    file=${file#/proc/}
    echo "${file%/environ}"
  done
}

kill_node() { # [node]
  local pid
  for pid in $(node_processes "$@"); do kill -KILL "$pid" 2>/dev/null || true; done
}

node_names() {
  if [[ $(cat "$folder/nodes") == 1 ]]; then hostname -s; else seq -f 'n%.0f' 1 "$(cat "$folder/nodes")"; fi
}

write_settings() {
  local ports memory names hosts
  read -ra ports <<<"$(free_ports $((nodes + 2)))"
  memory=${SLURM_NODE_MEMORY:-$(awk '/^MemTotal/ {print int($2 / 1024)}' /proc/meminfo)}
  names=$(hostname -s) hosts=${ports[1]}
  ((nodes == 1)) || { names="n[1-$nodes]" hosts="[$(IFS=,; echo "${ports[*]:1:nodes}")]"; }
  cat >"$folder/slurm.conf" <<CONF
ClusterName=test
SlurmctldHost=$(hostname -s)(127.0.0.1)
SlurmctldPort=${ports[0]}
SlurmdPort=${ports[nodes + 1]}
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
AuthType=auth/munge
CredType=cred/munge
# cred_expire is also the wait before a requeued job starts again.
AuthInfo=socket=$folder/munge.sock,cred_expire=5
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool/%n
SlurmctldPidFile=$folder/run/slurmctld.pid
SlurmdPidFile=$folder/run/slurmd.%n.pid
SlurmctldLogFile=$folder/log/slurmctld.log
SlurmdLogFile=$folder/log/slurmd.%n.log
TmpFS=$folder/tmp/%n
MailProg=$folder/mail.sh
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=pmix
ReturnToService=2
SlurmdParameters=config_overrides
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
DefMemPerCPU=$((memory / cores))
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
AccountingStorageType=accounting_storage/none
SchedulerParameters=batch_sched_delay=0,bf_interval=1,sched_min_interval=0,sched_interval=1
JobRequeue=1
KillWait=5
MinJobAge=600
SlurmdTimeout=${SLURM_NODE_TIMEOUT:-10}
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
NodeName=$names NodeHostname=$names NodeAddr=127.0.0.1 Port=$hosts CPUs=$cores RealMemory=$memory State=UNKNOWN
PartitionName=test Nodes=ALL Default=YES PriorityTier=1 PreemptMode=REQUEUE GraceTime=10 MaxTime=${SLURM_MAX_TIME:-INFINITE} DefaultTime=10 State=UP
PartitionName=urgent Nodes=ALL PriorityTier=10 PreemptMode=OFF MaxTime=INFINITE DefaultTime=10 State=UP
CONF
  { echo "127.0.0.1 localhost $(hostname -s)"; ((nodes == 1)) || seq -f '127.0.0.1 n%.0f' 1 "$nodes"; } >"$folder/hosts"
  echo "$nodes" >"$folder/nodes"
  printf '#!/bin/bash\necho "$@" >>%q/mails\n' "$folder" >"$folder/mail.sh" && chmod +x "$folder/mail.sh"
  cat >"$folder/env.sh" <<CONF
export PATH=\$PATH:/usr/sbin:/sbin SLURM_CONF=$folder/slurm.conf
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1
export OMPI_MCA_hwloc_base_binding_policy=none OMPI_MCA_mpi_yield_when_idle=1
export OMPI_MCA_btl_vader_single_copy_mechanism=none
export OMPI_MCA_btl_tcp_if_include=lo OMPI_MCA_oob_tcp_if_include=lo
CONF
}

# What a killed step has left would make step 0 of the same job fail on this node.
start_node() { # name
  local run=(env "TEST_NODE=$1" slurmd -f "$folder/slurm.conf" -N "$1")
  our_process "slurmd.$1" >/dev/null && return 0
  rm -rf "${folder:?}/spool/$1"/*pmix* "${folder:?}/tmp/$1"/spmix_appdir_*
  mkdir -p "$folder/spool/$1" "$folder/tmp/$1"
  [[ $(cat "$folder/nodes") == 1 ]] || run=(unshare --uts --mount --ipc bash -c
    "hostname $1 && mount --bind $folder/hosts /etc/hosts && mount -t tmpfs -o size=50%,mode=1777 tmpfs /dev/shm && exec ${run[*]}")
  "${run[@]}" || die "slurmd does not start on $1: $(tail -n 3 "$folder/log/slurmd.$1.log" 2>/dev/null)"
}

wait_for_nodes() {
  local i state ready
  for ((i = 0; i < 300; i++)); do
    ready=0
    for state in $(timeout 10 sinfo --noheader --partition=test --Node --format=%T 2>/dev/null); do
      [[ ! $state =~ ^(idle|mixed|allocated|completing)$ ]] || ready=$((ready + 1))
    done
    ((ready < nodes)) || return 0
    sleep 0.1
  done
  die "the nodes are not ready after 30 s: $(sinfo -N -l; tail -n 5 "$folder"/log/*.log)"
}

start() {
  local i name tool
  for tool in munged slurmctld slurmd sbatch srun; do
    command -v "$tool" >/dev/null || die "$tool is missing; install slurmctld slurmd slurm-client munge"
  done
  mkdir -p "$folder"/{run,log,state,spool,tmp}
  chmod 755 "$folder"
  write_settings
  (umask 077 && head -c 128 /dev/urandom >"$folder/munge.key")
  munged --key-file="$folder/munge.key" --socket="$folder/munge.sock" --pid-file="$folder/run/munged.pid" \
    --log-file="$folder/log/munged.log" --seed-file="$folder/munge.seed" --num-threads=2 ||
    die "munged does not start: $(tail -n 3 "$folder/log/munged.log")"
  slurmctld -i -f "$folder/slurm.conf" || die "slurmctld does not start: $(tail -n 3 "$folder/log/slurmctld.log")"
  for ((i = 0; i < 100; i++)); do timeout 10 scontrol ping >/dev/null 2>&1 && break; sleep 0.1; done
  for name in $(node_names); do start_node "$name"; done
  wait_for_nodes
  # In a session of its own, so that what ends the owner's group does not end it.
  [[ -z ${SLURM_OWNER:-} ]] || setsid "$0" watch-owner "$folder" </dev/null >/dev/null 2>&1 &
}

watch_owner() {
  while kill -0 "$SLURM_OWNER" 2>/dev/null && our_process slurmctld >/dev/null; do sleep 2; done
  stop
}

stop() {
  local i name file
  [[ -e $folder/slurm.conf ]] || return 0
  if our_process slurmctld >/dev/null; then
    timeout 10 scancel --quiet --user="$(id -un)" 2>/dev/null || true
    for ((i = 0; i < 100; i++)); do [[ -n $(timeout 10 squeue --noheader 2>/dev/null) ]] || break; sleep 0.1; done
  fi
  for file in "$folder"/run/slurmd.*.pid; do name=${file##*/} && end_process "${name%.pid}"; done
  kill_node
  end_process slurmctld
  end_process munged
}

case $command in
start) start ;;
stop) stop ;;
watch-owner) watch_owner ;;
kill-node) kill_node "${3:?a node}" ;;
start-node) start_node "${3:?a node}" ;;
*) die "unknown command '$command'" ;;
esac
