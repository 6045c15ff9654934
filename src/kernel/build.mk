# The kernel: one ELF with its debugging information, a stripped copy and a list of its symbols for
# the boot archive.

# DEBUG=1 adds the audit, which the linker puts before these functions.
AUDITED := registers_resume_first process_end schedule machine_power_off enter trap_user \
    cpu_breathe jobs_accept thread_go_on objects_go_on jobs_run clock_run_due
KERNEL_SOURCES := $(filter-out $(if $(DEBUG),,src/kernel/audit%),\
    $(wildcard src/kernel/*.c src/kernel/x86/*.c))
KERNEL_OBJECTS := $(KERNEL_SOURCES:%.c=$(B)/%.o) $(B)/src/kernel/x86/entry.o \
    $(B)/src/kernel/x86/trampoline.o
KERNEL_CFLAGS := $(GUEST_CFLAGS) -mcmodel=kernel -mno-red-zone -fno-optimize-sibling-calls \
    -fstack-protector -momit-leaf-frame-pointer -falign-functions=1 -falign-loops=1 \
    $(if $(findstring clang,$(CC)),,-fno-align-jumps)

# What runs at the start, at the end, and where nobody counts instructions is to be small.
KERNEL_SELDOM := audit device elf event files interrupt io_ports lend main number pager panic \
    power process process_ops table x86/acpi x86/apic x86/machine x86/pic x86/pit x86/processors
$(KERNEL_SELDOM:%=$(B)/src/kernel/%.o): KERNEL_CFLAGS += -Os

$(B)/src/kernel/%.o: src/kernel/%.c
	@mkdir -p $(@D)
	$(CC) $(KERNEL_CFLAGS) -c -o $@ $<

$(B)/src/kernel/%.o: src/kernel/%.S
	@mkdir -p $(@D)
	$(CC) $(KERNEL_CFLAGS) -c -o $@ $<

$(B)/kernel/kernel.elf: $(KERNEL_OBJECTS) src/kernel/kernel.ld
	@mkdir -p $(@D)
	$(LD) -nostdlib -static -z max-page-size=4096 -z noexecstack --build-id=none \
	    $(if $(DEBUG),$(AUDITED:%=--wrap=%)) -T src/kernel/kernel.ld -o $@ $(KERNEL_OBJECTS)

$(B)/kernel/kernel: $(B)/kernel/kernel.elf
	objcopy --strip-all $< $@

# The functions of an ELF file as a table (abi/symbol.h).
make_symbols = nm -n $(1) | awk '$$2 ~ /[tT]/ { \
    printf ".quad 0x%s\n.ascii \"%s\"\n.balign 64, 0\n", $$1, substr($$3, 1, 54) }' | \
    $(CC) -c -x assembler -o $(2).o - && objcopy -O binary -j .text $(2).o $(2)

$(B)/kernel/kernel.symbols: $(B)/kernel/kernel.elf
	$(call make_symbols,$<,$@)

ARCHIVE_FILES += kernel=$(B)/kernel/kernel kernel.symbols=$(B)/kernel/kernel.symbols

-include $(KERNEL_OBJECTS:.o=.d)
