// SPDX-License-Identifier: MIT
// Functions with C++ linkage that the glue of XRT 2.13 refers to and a plain accelerator card never calls: AI engines, graphs,
// profiling, emulation queries. Each answers "not offered"; they are named by their symbols, so no private header is needed.
extern "C" {
#define NOT_OFFERED(name, symbol)                                                                                                          \
  long name() asm(symbol);                                                                                                                 \
  long name() { return -38; }
#define NULL_ANSWER(name, symbol)                                                                                                          \
  long name() asm(symbol);                                                                                                                 \
  long name() { return 0; }

NOT_OFFERED(gmio_wait, "_Z11xclGMIOWaitPvPKc")
NOT_OFFERED(graph_end, "_Z11xclGraphEndPvm")
NOT_OFFERED(graph_run, "_Z11xclGraphRunPvi")
NOT_OFFERED(cma_enable, "_Z12xclCmaEnablePvbm")
NULL_ANSWER(graph_open, "_Z12xclGraphOpenPvPKhPKcN3xrt5graph11access_modeE")
NOT_OFFERED(graph_wait, "_Z12xclGraphWaitPvm")
NOT_OFFERED(sync_bo_aie, "_Z12xclSyncBOAIEPvRN3xrt2boEPKc18xclBOSyncDirectionmm")
NOT_OFFERED(graph_close, "_Z13xclGraphClosePv")
NOT_OFFERED(graph_reset, "_Z13xclGraphResetPv")
NOT_OFFERED(graph_resume, "_Z14xclGraphResumePv")
NOT_OFFERED(sync_bo_aie_nb, "_Z14xclSyncBOAIENBPvRN3xrt2boEPKc18xclBOSyncDirectionmm")
NOT_OFFERED(graph_read_rtp, "_Z15xclGraphReadRTPPvPKcPcm")
NOT_OFFERED(graph_suspend, "_Z15xclGraphSuspendPv")
NOT_OFFERED(graph_wait_done, "_Z16xclGraphWaitDonePvi")
NOT_OFFERED(read_profiling, "_Z16xclReadProfilingPvi")
NOT_OFFERED(reset_aie_array, "_Z16xclResetAIEArrayPv")
NOT_OFFERED(stop_profiling, "_Z16xclStopProfilingPvi")
NOT_OFFERED(aie_open_context, "_Z17xclAIEOpenContextPvN3xrt3aie11access_modeE")
NOT_OFFERED(graph_time_stamp, "_Z17xclGraphTimeStampPv")
NOT_OFFERED(graph_update_rtp, "_Z17xclGraphUpdateRTPPvPKcS1_m")
NOT_OFFERED(load_xclbin_meta, "_Z17xclLoadXclBinMetaPvPK4axlf")
NOT_OFFERED(start_profiling, "_Z17xclStartProfilingPviPKcS1_j")
NOT_OFFERED(close_export_handle, "_Z20xclCloseExportHandlei")
NOT_OFFERED(internal_reset_device, "_Z22xclInternalResetDevicePv12xclResetKind")
NOT_OFFERED(update_scheduler_stat, "_Z22xclUpdateSchedulerStatPv")
// A null shim object makes every emulation query answer its default.
NULL_ANSWER(device_query, "_ZN12xclcpuemhal29CpuemShim11deviceQueryEN8xrt_core5query8key_typeE")
NULL_ANSWER(handle_check, "_ZN12xclcpuemhal29CpuemShim11handleCheckEPv")
}
