# The handbook: one HTML page, $(B)/handbook/index.html, with all its pictures inside.
#
# Code in it is pulled from the tree: whole files by include::{tree}/..., single definitions by
# include::{code}/FILE@NAME[], cut out by excerpts.py. Tables come from src/abi (tables.c) and from
# the kernel's own method tables (methods.py).

HANDBOOK := $(B)/handbook
HANDBOOK_TEXT := $(wildcard handbook/*.adoc)
HANDBOOK_TREE := $(wildcard src/*/*.[chS] src/*/*/*.[chS] src/*/*/*.conf src/*/*.ld tests/unit/*.c \
    labs/*/programs/*.c)
HANDBOOK_LABS := $(patsubst %/,%,$(wildcard labs/*/))
HANDBOOK_PARTS := $(wildcard handbook/pictures/*.svg handbook/programs/* handbook/transcripts/* \
    handbook/sessions/* \
    labs/*/lab.conf labs/*/spec labs/*/programs/* labs/*/skeleton/*/*)

# Programs that the book shows and its test runs: one file each.
HANDBOOK_PROGRAMS := $(basename $(notdir $(wildcard handbook/programs/*.c)))
$(foreach name,$(HANDBOOK_PROGRAMS),\
    $(eval $(call program_extra,$(name),handbook/programs/$(name).c)))
HANDBOOK_FILES = $(ARCHIVE_FILES) \
    $(foreach name,$(HANDBOOK_PROGRAMS),$(name)=$(B)/programs/$(name)/$(name))
$(eval $(call boot_image,$(HANDBOOK)/machine.iso,HANDBOOK_FILES))

# The number of lines of each source file, as attributes: {lines-src-kernel-port-c}.
$(HANDBOOK)/lines.adoc: $(HANDBOOK_TREE)
	@mkdir -p $(@D)
	wc -l $(HANDBOOK_TREE) | awk '$$2 != "total" { n = $$1; gsub(/[^A-Za-z0-9]/, "-", $$2); \
	    print ":lines-" $$2 ": " n }' >$@

$(HANDBOOK)/excerpts.done: handbook/excerpts.py $(HANDBOOK_TEXT) $(HANDBOOK_TREE) $(HANDBOOK_PARTS)
	@mkdir -p $(@D)
	python3 handbook/excerpts.py $(HANDBOOK)/code $(HANDBOOK_TEXT) && touch $@

# What each lab gives points for.
$(HANDBOOK)/labs.done: handbook/labs.py $(wildcard labs/*/lab.conf labs/*/spec)
	@mkdir -p $(@D)
	python3 handbook/labs.py $(HANDBOOK)/labs $(HANDBOOK_LABS) && touch $@

$(HANDBOOK)/methods: handbook/methods.py $(B)/kernel/kernel.elf
	@mkdir -p $(@D)
	gdb -nx -batch -x handbook/methods.py $(B)/kernel/kernel.elf >$@

$(HANDBOOK)/tables: handbook/tables.c
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) -o $@ $<

$(HANDBOOK)/tables.adoc: $(HANDBOOK)/tables $(HANDBOOK)/methods
	$(HANDBOOK)/tables $(HANDBOOK)/methods >$@

# Chapters that other parts of the tree bring along.
handbook_with = $(if $(wildcard handbook/$(1).adoc),-a with-$(1)=yes)

$(HANDBOOK)/index.html: handbook/render.sh $(HANDBOOK_TEXT) $(HANDBOOK_PARTS) \
    handbook/style.css $(HANDBOOK)/lines.adoc $(HANDBOOK)/excerpts.done $(HANDBOOK)/tables.adoc \
    $(HANDBOOK)/labs.done
	sh handbook/render.sh $@ handbook/book.adoc -a code=$(abspath $(HANDBOOK)/code) \
	    -a made=$(abspath $(HANDBOOK)) $(call handbook_with,grader) $(call handbook_with,gdb)

.PHONY: handbook
handbook: $(HANDBOOK)/index.html
	@echo $(HANDBOOK)/index.html
