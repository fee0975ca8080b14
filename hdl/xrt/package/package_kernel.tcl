# SPDX-License-Identifier: MIT
# Packages the kernel as IP and as tierwise_kernel.xo for v++.
# not run: needs Vivado/Vitis. Written after the rules for RTL kernels (UG1393); expect to mend it at the first run.
#   vivado -mode batch -source hdl/xrt/package/package_kernel.tcl -tclargs PART OUT_DIR
# from the project root. PART e.g. xcu250-figd2104-2L-e.
if {[llength $argv] != 2} { error "usage: -tclargs PART OUT_DIR" }
lassign $argv part out
set here [file dirname [file normalize [info script]]]
set hdl [file normalize $here/../..]

# Multiply-accumulate cells are DSP48E1; UltraScale+ parts retarget them to DSP48E2. Memories are inferred block RAM.
set mac xc7
set ram block
set sources [list \
  sys/generated/kernel_pkg.sv sys/mover.sv \
  rtl/tech/$mac/mac_dsp.sv rtl/tech/$ram/ram_1r1w.sv rtl/tech/$ram/ram_2r1w.sv \
  rtl/lane.sv rtl/pivot_unit.sv rtl/difference.sv rtl/post_processor.sv rtl/scaling_path.sv rtl/sequencer.sv \
  rtl/operand_walk.sv rtl/drain.sv rtl/toggle_counter.sv rtl/tierwise_engine.sv \
  xrt/axi_burst_splitter.sv xrt/axi_lite_control.sv xrt/axi_read_dma.sv xrt/axi_write_dma.sv \
  xrt/word_pack.sv xrt/word_unpack.sv xrt/kernel_arguments.sv xrt/kernel_control.sv xrt/tierwise_kernel.sv]

# What the status block says of the image: adapt clock and identity. The golden hash is that of hdl/README.md for DW = 18.
set parameters {
  N 8 DW 18 AW 48 OPERAND_DEPTH 32768 GRAM_DEPTH 9216 MAX_FEATURES 256 LIMBS 2
  CLOCK_HZ 300000000 IMAGE_ID 0 CARD 0 GOLDEN_HASH 64'hcf8d1a4cd408f052
}

file mkdir $out
create_project -force tierwise_kernel $out/project -part $part
foreach source $sources { add_files -norecurse $hdl/$source }
set_property file_type SystemVerilog [get_files *.sv]
set_property top tierwise_kernel [current_fileset]
set generics {}
foreach {name value} $parameters { lappend generics "$name=$value" }
set_property generic $generics [current_fileset]
update_compile_order -fileset sources_1

ipx::package_project -root_dir $out/ip -vendor tierwise -library kernel -taxonomy /KernelIP -import_files -force
set core [ipx::current_core]
set_property name tierwise_kernel $core
set_property version 1.0 $core
set_property core_revision 1 $core
foreach {name value} $parameters {
  set found [ipx::get_user_parameters $name -of_objects $core]
  if {$found ne ""} { set_property value $value $found }
}

# XRT kernels: both interfaces on ap_clk, no burst types but INCR, no narrow bursts.
ipx::associate_bus_interfaces -busif s_axi_control -clock ap_clk $core
ipx::associate_bus_interfaces -busif m_axi_gmem -clock ap_clk $core
set master [ipx::get_bus_interfaces m_axi_gmem -of_objects $core]
foreach {name value} {HAS_BURST 0 SUPPORTS_NARROW_BURST 0 MAX_BURST_LENGTH 256} {
  set parameter [ipx::add_bus_parameter $name $master]
  set_property value $value $parameter
}
set_property sdx_kernel true $core
set_property sdx_kernel_type rtl $core
set_property supported_families {} $core
set_property auto_family_support_level level_2 $core
ipx::create_xgui_files $core
ipx::update_checksums $core
ipx::check_integrity -kernel $core
ipx::save_core $core

package_xo -force -xo_path $out/tierwise_kernel.xo -kernel_name tierwise_kernel -ip_directory $out/ip -kernel_xml $here/kernel.xml
close_project
