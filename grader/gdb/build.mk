# The GDB bridge, and make gdb.

GDB_OBJECTS := $(call grader_objects,$(addprefix gdb/,main server monitor back history run points \
    machine target request packet) symbols) $(BOCHS_OBJECTS)

$(B)/host/orrery-gdb: $(GDB_OBJECTS)
	$(CC) -o $@ $^ $(SESSION_LIBS)

CASE_OBJECTS := $(call grader_objects,gdb/case_main case draw answer command spec spec_lex \
    spec_pattern spec_observe trace)

$(B)/host/orrery-case: $(CASE_OBJECTS)
	$(CC) -o $@ $^ $(SESSION_LIBS) -ljansson

# What values.py knows of src/abi.
$(B)/gdb/tables: grader/gdb/tables.c
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) -o $@ $<

$(B)/gdb/abi.py: $(B)/gdb/tables
	$(B)/gdb/tables >$@

TEST_NEEDS += $(B)/gdb/abi.py

# LAB=nn SEED=n: the machine of a lab instead. STOP=tick: where GDB takes over. BATCH=file: runs
# this script of GDB's and prints what GDB prints.
gdb_options = $(if $(STOP),--stop '$(STOP)') $(if $(MEM),--memory '$(MEM)')

PROGRAM_GOALS += gdb
.PHONY: gdb
gdb: image programs $(B)/host/orrery-gdb $(B)/host/orrery-case $(B)/gdb/abi.py
	@$(call become_program,env LAB='$(LAB)' SEED='$(SEED)' BATCH='$(BATCH)' \
	    grader/gdb/gdb.sh $(B) $(gdb_options))
