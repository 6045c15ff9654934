# Programs: each folder is one of its name. PROGRAMS_EXTRA adds single-file programs from elsewhere,
# which replace those of the same name, and INIT names the one that the archive holds as `init`.

PROGRAMS_EXTRA_NAMES := $(basename $(notdir $(PROGRAMS_EXTRA)))
PROGRAMS := $(filter-out $(PROGRAMS_EXTRA_NAMES),$(sort \
    $(notdir $(patsubst %/main.c,%,$(wildcard src/programs/*/main.c)))))
INIT_CONF ?= src/programs/init/init.conf

$(B)/programs/%.c.o: src/programs/%.c
	mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) -c -o $@ $<

$(foreach name,$(PROGRAMS),$(eval $(call program,$(name),$(patsubst \
    src/%.c,$(B)/%.c.o,$(sort $(wildcard src/programs/$(name)/*.c))))))

# $(call program_extra,NAME,FILE.c)
define program_extra
$(B)/programs/$(1)/$(1).c.o: $(2)
	mkdir -p $$(@D)
	$$(CC) $$(USER_CFLAGS) -c -o $$@ $$<

$(call program,$(1),$(B)/programs/$(1)/$(1).c.o)
endef

$(foreach file,$(PROGRAMS_EXTRA),\
    $(eval $(call program_extra,$(basename $(notdir $(file))),$(file))))

ARCHIVE_FILES += init=$(B)/programs/$(INIT)/$(INIT) init.conf=$(INIT_CONF)
ARCHIVE_FILES += $(foreach name,$(filter-out init,$(PROGRAMS) $(PROGRAMS_EXTRA_NAMES)),\
    $(name)=$(B)/programs/$(name)/$(name))

# The functions of all programs of the archive, one behind another (abi/symbol.h). The file is named
# for what the archive holds: an image is the same, whatever was built before it.
SYMBOL_PROGRAMS = $(filter-out init,$(PROGRAMS) $(PROGRAMS_EXTRA_NAMES)) $(DRIVERS)
empty :=
SYMBOL_FILE := $(B)/programs/$(subst $(empty) ,+,$(strip $(INIT) $(PROGRAMS_EXTRA_NAMES))).symbols

$(SYMBOL_FILE): src/programs/symbols.py $(PROGRAM_ELFS)
	python3 $< $@ init=$(B)/programs/$(INIT)/$(INIT).elf \
	    $(foreach name,$(SYMBOL_PROGRAMS),$(name)=$(B)/programs/$(name)/$(name).elf)

ARCHIVE_FILES += programs.symbols=$(SYMBOL_FILE)

.PHONY: programs
programs: $(PROGRAM_ELFS) $(PROGRAM_ELFS:.elf=)
