# The host's tools: orrery-run boots an image, orrery-grade judges.

GRADER_CFLAGS := $(HOST_CFLAGS) -Igrader

$(B)/host/grader/%.o: grader/%.c
	@mkdir -p $(@D)
	$(CC) $(GRADER_CFLAGS) -c -o $@ $<

grader_objects = $(patsubst %,$(B)/host/grader/%.o,$(1))

# For whoever drives a machine: declared in grader/bochs.h.
BOCHS_OBJECTS := $(call grader_objects,bochs bochs_prompt bochs_console bochs_memory)
SESSION_OBJECTS := $(BOCHS_OBJECTS) $(call grader_objects,session sites symbols trace)
SESSION_LIBS := -ldw -lelf -lcapstone

$(B)/host/orrery-run: $(call grader_objects,run run_live run_qemu interleave) $(SESSION_OBJECTS)
	$(CC) -o $@ $^ $(SESSION_LIBS)

# Images for the grader: those that GRADE_IMAGES names, made in GRADE_FOLDER. What lies in the
# folder of an image's name beside it goes into its archive, too.
GRADE_FOLDER ?=
GRADE_IMAGES ?=

# grade_image(name)
define grade_image
grade_files_$(1) = $$(ARCHIVE_FILES) $$(foreach path,$$(wildcard $(GRADE_FOLDER)/$(1)/*),\
    $$(notdir $$(path))=$$(path))
$$(eval $$(call boot_image,$(GRADE_FOLDER)/$(1).iso,grade_files_$(1)))
endef

$(foreach name,$(GRADE_IMAGES),$(eval $(call grade_image,$(name))))

# What the compiler makes of a piece of the kernel, and what it includes: for the grader to look at.
$(B)/scan/src/kernel/%.s: src/kernel/%.c
	@mkdir -p $(@D)
	$(CC) $(KERNEL_CFLAGS) -S -o $@ $<

.PHONY: grade-images
grade-images: $(patsubst %,$(GRADE_FOLDER)/%.iso,$(GRADE_IMAGES)) $(B)/kernel/kernel.elf

GRADE_OBJECTS := $(SESSION_OBJECTS) $(call grader_objects,grade check report isolate scan judge \
    observe case draw answer tree command match match_each match_state spec spec_lex \
    spec_pattern spec_observe)

$(B)/host/orrery-grade: $(B)/host/grader/grade_main.o $(GRADE_OBJECTS)
	$(CC) -o $@ $^ $(SESSION_LIBS) -ljansson

# Unit tests of the pure parts.
GRADER_UNIT_CFLAGS := $(GRADER_CFLAGS) -O1 -fno-omit-frame-pointer -fsanitize=address,undefined \
    -fno-sanitize-recover=all

$(B)/tests/unit/grader/%.o: grader/%.c
	@mkdir -p $(@D)
	$(CC) $(GRADER_UNIT_CFLAGS) -c -o $@ $<

$(B)/tests/unit/grader/test-%.o: tests/unit/%.c
	@mkdir -p $(@D)
	$(CC) $(GRADER_UNIT_CFLAGS) -c -o $@ $<

# $(call grader_unit,NAME,PARTS): tests/unit/NAME.c with parts of the grader
define grader_unit
$(B)/tests/unit/$(1): $(patsubst %,$(B)/tests/unit/grader/%.o,test-$(1) $(2))
	$(CC) -fsanitize=address,undefined -o $$@ $$^ -lcheck -lsubunit -lm -lrt -lpthread

UNIT_TESTS += $(B)/tests/unit/$(1)
endef

spec_parts := spec spec_lex spec_pattern spec_observe trace
$(eval $(call grader_unit,trace_reader,trace))
$(eval $(call grader_unit,grader_match,match match_each match_state $(spec_parts)))
$(eval $(call grader_unit,grader_spec,$(spec_parts)))
$(eval $(call grader_unit,grader_case,case draw answer spec_lex))

# The stand-in guest, and the tests that use it.
FIXTURE := $(B)/grader/fixture
FIXTURE_CFLAGS := $(GUEST_CFLAGS) -mno-red-zone -mcmodel=kernel -fno-stack-protector

$(FIXTURE)/%.o: grader/fixture/%.c
	@mkdir -p $(@D)
	$(CC) $(FIXTURE_CFLAGS) -c -o $@ $<

$(FIXTURE)/%-start.o: grader/fixture/%.S
	@mkdir -p $(@D)
	$(CC) $(FIXTURE_CFLAGS) -c -o $@ $<

$(FIXTURE)/guest.elf: $(FIXTURE)/guest-start.o $(FIXTURE)/guest.o grader/fixture/guest.ld
	ld -m elf_x86_64 --build-id=none --no-warn-rwx-segments -T grader/fixture/guest.ld -o $@ \
	    $(filter %.o,$^)

$(FIXTURE)/guest.iso: $(FIXTURE)/guest.elf
	@rm -rf $@.tree && mkdir -p $@.tree
	objcopy -O binary $< $@.tree/guest.bin && truncate -s 16384 $@.tree/guest.bin
	xorriso -report_about SORRY -as mkisofs -quiet -o $@ -b guest.bin -no-emul-boot \
	    -boot-load-size 32 $@.tree
	@rm -rf $@.tree

GRADER_TESTS += $(wildcard grader/tests/test-*)
TEST_NEEDS += $(B)/host/orrery-grade $(FIXTURE)/guest.iso
