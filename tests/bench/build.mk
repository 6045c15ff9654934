# make bench and make lines: figures and sizes, beside their budgets.

# The host's side of the figures: made of what drives the machine.
$(B)/host/tests/bench/%.o: tests/bench/%.c
	@mkdir -p $(@D)
	$(CC) $(GRADER_CFLAGS) -c -o $@ $<

$(B)/host/boot-ticks: $(B)/host/tests/bench/boot.o $(BOCHS_OBJECTS)
	$(CC) -o $@ $^

$(B)/host/bench-points: $(B)/host/tests/bench/points.o $(BOCHS_OBJECTS) \
    $(call grader_objects,symbols)
	$(CC) -o $@ $^ $(SESSION_LIBS)

$(B)/host/bench-profile: $(B)/host/tests/bench/profile.o $(SESSION_OBJECTS)
	$(CC) -o $@ $^ $(SESSION_LIBS)

# What happens between two places in the machine is measured with a first program made for it.
$(B)/bench/%.c.o: tests/bench/%.c
	@mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) -c -o $@ $<

$(eval $(call program,bench-acts,$(B)/bench/acts.c.o))
ACTS_FILES = kernel=$(B)/kernel/kernel kernel.symbols=$(B)/kernel/kernel.symbols \
    init=$(B)/programs/bench-acts/bench-acts
$(eval $(call boot_image,$(B)/bench/acts.iso,ACTS_FILES))

# A start is measured with an archive of at least a mebibyte, all of which the loader checks.
BENCH_FILES = $(ARCHIVE_FILES) padding=$(B)/bench/padding
$(eval $(call boot_image,$(B)/bench/orrery.iso,BENCH_FILES))
$(B)/bench/padding:
	@mkdir -p $(@D)
	head -c 1048576 /dev/zero >$@

# $(call bench_guest,COMMAND,NAME,OPTIONS): what the shell's command prints, in NAME.txt.
bench_guest = mkdir -p $(B)/bench && echo $(1) >$(B)/bench/$(2).script && \
    $(B)/host/orrery-run $(3) --script $(B)/bench/$(2).script $(B)/orrery.iso \
    >$(B)/bench/$(2).txt || { cat $(B)/bench/$(2).txt >&2; \
    echo "make bench: $(1) failed in the guest" >&2; exit 1; }

# Several processors; the firmware waits for less with fewer instructions in a second.
MANY = --cpus $(cpus) --ips 2000000

.PHONY: bench lines
ifneq ($(PLOT),)
# PLOT=file: what `bench load` finds, as a picture.
bench: image $(B)/host/orrery-run
	@command -v gnuplot >/dev/null || \
	    { echo "make bench: PLOT needs gnuplot; make setup EXTRA=1 installs it" >&2; exit 2; }
	@$(call bench_guest,bench load,load)
	@tr -d '\r' <$(B)/bench/load.txt | grep -E '^ *[0-9]+ ' >$(B)/bench/load.table
	@gnuplot -e 'table = "$(B)/bench/load.table"; out = "$(PLOT)"' tests/bench/load.gnuplot
	@sed -i 's/ *$$//' '$(PLOT)'
	@tr -d '\r' <$(B)/bench/load.txt | sed '1,/bench load/d; /^orrery>/,$$d'
else ifneq ($(PROFILE),)
# PROFILE=item: instructions, function by function, of one of its rounds, the tenth or ROUND=n.
bench: image $(B)/host/bench-profile
	@$(B)/host/bench-profile $(B)/orrery.iso $(B)/kernel/kernel.elf \
	    $(B)/programs/bench/bench.elf '$(PROFILE)' $(ROUND)
else
bench: image $(B)/bench/orrery.iso $(B)/bench/acts.iso $(B)/host/orrery-run \
    $(B)/host/boot-ticks $(B)/host/bench-points
	@$(call bench_guest,bench,guest)
	@$(if $(LONG),$(call bench_guest,bench crowd,crowd,--memory 512))
	@$(foreach cpus,1 2 4,$(call bench_guest,bench throughput $(cpus),cpus-$(cpus),$(MANY)) &&) :
	@$(B)/host/boot-ticks $(B)/bench/orrery.iso $(B)/kernel/kernel.elf $(B)/programs/init/init.elf \
	    >$(B)/bench/boot.txt
	@$(B)/host/bench-points $(B)/bench/acts.iso $(B)/kernel/kernel.elf \
	    $(B)/programs/bench-acts/bench-acts.elf >$(B)/bench/points.txt
	@python3 tests/lines.py --figures $(B) >$(B)/bench/sizes.txt
	@python3 tests/bench/bench.py $(if $(KEEP),--keep) \
	    $(if $(LONG),--crowd $(B)/bench/crowd.txt) \
	    $(B)/bench/cpus-1.txt $(B)/bench/cpus-2.txt $(B)/bench/cpus-4.txt \
	    $(B)/bench/guest.txt $(B)/bench/points.txt $(B)/bench/boot.txt $(B)/bench/sizes.txt
endif

lines: $(B)/kernel/kernel.elf $(B)/boot/stage2.bin
	@python3 tests/lines.py $(B)
