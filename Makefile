# SPDX-License-Identifier: GPL-2.0-only
# fttcp: what can be built, checked, shown and installed. "make help" lists it.
# The work is done by scripts/ and by the Makefiles below user/ and selftests/;
# every target first installs the Debian packages it lacks.

KVERS   := $(or $(KVER),6.1 6.12)
PREFIX  ?= /usr
DESTDIR ?=
export PREFIX DESTDIR

build := $(CURDIR)/build

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

##@ Building (below build/)

all: kmod user selftests ## everything below

kmod: $(KVERS:%=kmod-%) ## the module, for 6.1 and 6.12 [KVER=6.1|6.12|RELEASE|DIR]

$(KVERS:%=kmod-%): kmod-%: setup
	scripts/kmod-build $* W=1

user: setup ## library, fttcpctl, fttcpd and the examples
	$(MAKE) -C user

selftests: setup user ## the helpers of the self-tests and of the simulation
	$(MAKE) -C selftests
	$(MAKE) -C selftests/sim

generate: setup ## what is generated from the catalogue of events and the netlink specification
	scripts/gen-events
	scripts/gen-netlink

##@ Seeing it work

demo: setup kernels kmod user selftests ## three VMs, BGP and a transfer; one machine dies [KVER=6.1|6.12]
	scripts/demo/run $(if $(filter 1,$(words $(KVERS))),-k $(KVERS))

##@ Checking

check: setup ## all of it: builds, static checks, unit tests, VMs, cluster
	scripts/check/all

check-static: setup linux-tools ## style, compilers, sparse, generated files, scripts
	scripts/check/all static

check-unit: setup ## tests of pure code on this machine, with sanitizers
	scripts/check/all unit

model: setup ## verify the models of the protocol, and that mutants are caught
	model/run

check-vm: setup ## the self-tests in one VM [KVER=6.1|6.12|uml] [T=pattern]
	scripts/check/all vm

check-debug: setup ## the self-tests on the x86 debug kernel, two CPUs (long)
	KVER=x86 scripts/check/all vm

check-races: setup ## the self-tests on the kernel with the race detector (long)
	KVER=kcsan scripts/check/all vm

check-sanitized: setup ## the daemon with sanitizers in its self-tests (long)
	FULL=1 KVER=6.12 scripts/check/all sanitize

check-rt: setup ## the self-tests on Debian's PREEMPT_RT kernel (long)
	KVER=6.12-rt scripts/check/all vm

coverage: setup user selftests ## which lines of the module the self-tests run [T=test.sh ...]
	scripts/debug-kernel uml
	scripts/coverage $(T)

fuzz: setup user selftests ## decoder, link, netlink, TCP [TIME=seconds] [SEED=]
	scripts/debug-kernel uml
	scripts/kmod-build uml
	scripts/fuzz -t $(or $(TIME),240) $(if $(SEED),-s $(SEED))

check-cluster: setup ## three VMs, of which one is killed again and again
	scripts/check/all cluster

torture: setup kernels kmod user selftests ## three VMs, takeover after takeover [SEED=] [KILLS=20] [MINUTES=] [KVER=]
	$(foreach k,$(filter 6%,$(KVERS)),selftests/torture/run.py -k $(k) -n $(or $(KILLS),20) \
		$(if $(SEED),-s $(SEED)) $(if $(MINUTES),-t $(MINUTES)) &&) true

simulate: setup ## three machines in simulated time [SEEDS=1-100] [V=1] [GDB=1]
	scripts/simulate $(SEEDS)

bench-takeover: setup kernels kmod user ## how long a takeover takes, by phase
	scripts/bench/takeover

bench-throughput: setup kernels kmod user ## protected against plain, in one run
	scripts/bench/throughput

bench-idle: setup kernels kmod user selftests ## what fttcpd costs while nothing happens
	scripts/bench/idle

##@ Installing on this machine

install: user ## programs, manual pages, service [DESTDIR=] [PREFIX=/usr]
	$(MAKE) -C user install

uninstall: ## remove them again; configuration and state stay [DESTDIR=] [PREFIX=/usr]
	$(MAKE) -C user uninstall

modules_install: ## the module for the running kernel
	$(MAKE) -C /lib/modules/$(shell uname -r)/build M=$(CURDIR) modules
	$(MAKE) -C /lib/modules/$(shell uname -r)/build M=$(CURDIR) modules_install
	depmod -a

##@ Preparing and cleaning

setup: ## the Debian packages that are missing (as root)
	@scripts/setup

kernels: setup ## the Debian kernels that the VMs boot, into build/kernels
	@scripts/kernels

debug-kernel: setup ## the kernel with all judges, as User-Mode Linux, into build/debug
	@scripts/debug-kernel uml

linux-tools: setup ## checkpatch and the like, into build/linux-tools
	@scripts/linux-tools

clean: ## remove what was built; fetched kernels stay
	rm -rf $(build)/kmod* $(build)/user* $(build)/selftests $(build)/check

distclean: ## remove build/ entirely
	rm -rf $(build)

help: ## this list
	@awk -f scripts/help.awk $(firstword $(MAKEFILE_LIST))

.PHONY: all kmod $(KVERS:%=kmod-%) user selftests generate demo fuzz model check \
	check-static check-unit check-vm check-debug check-races check-sanitized check-rt coverage check-cluster \
	debug-kernel torture simulate bench-takeover \
	bench-throughput bench-idle install uninstall modules_install setup kernels linux-tools clean distclean help
