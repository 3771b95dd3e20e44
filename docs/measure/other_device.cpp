// A device of its own kind to torch, for docs/measure/other_device.py: its memory is the
// processor's, and so are its kernels, but no tensor of the processor is taken among its own,
// and it has no float64.

#include <ATen/EmptyTensor.h>
#include <ATen/detail/PrivateUse1HooksInterface.h>
#include <ATen/native/CPUFallback.h>
#include <ATen/native/Resize.h>
#include <ATen/ops/_local_scalar_dense_native.h>
#include <ATen/ops/as_strided_native.h>
#include <ATen/ops/resize_native.h>
#include <ATen/ops/set_native.h>
#include <ATen/ops/view_native.h>
#include <c10/core/Allocator.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <c10/core/impl/alloc_cpu.h>
#include <torch/extension.h>

namespace {

using at::IntArrayRef;
using at::Tensor;
using c10::SymIntArrayRef;
constexpr auto kThis = c10::DeviceType::PrivateUse1;
const c10::Device kDevice(kThis, 0);

struct Memory final : c10::Allocator {
  static void give_back(void* place) { c10::free_cpu(place); }
  c10::DataPtr allocate(size_t size) override {
    void* place = c10::alloc_cpu(size);
    return {place, place, &give_back, kDevice};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &give_back; }
  void copy_data(void* to, const void* from, std::size_t size) const override { memcpy(to, from, size); }
};
Memory memory;
REGISTER_ALLOCATOR(kThis, &memory);

struct Guard final : c10::impl::DeviceGuardImplInterface {
  c10::DeviceType type() const override { return kThis; }
  c10::Device exchangeDevice(c10::Device) const override { return kDevice; }
  c10::Device getDevice() const override { return kDevice; }
  void setDevice(c10::Device) const override {}
  void uncheckedSetDevice(c10::Device) const noexcept override {}
  c10::Stream getStream(c10::Device device) const noexcept override {
    return c10::Stream(c10::Stream::DEFAULT, device);
  }
  c10::Stream exchangeStream(c10::Stream stream) const noexcept override { return stream; }
  c10::DeviceIndex deviceCount() const noexcept override { return 1; }
  // one stream, on which all is done in turn: events are always over
  void record(void**, const c10::Stream&, const c10::DeviceIndex, const c10::EventFlag) const override {}
  void block(void*, const c10::Stream&) const override {}
  bool queryEvent(void*) const override { return true; }
  void destroyEvent(void*, const c10::DeviceIndex) const noexcept override {}
};
c10::impl::DeviceGuardImplRegistrar guard(kThis, new Guard());

struct Hooks final : at::PrivateUse1HooksInterface {
  bool hasPrimaryContext(c10::DeviceIndex) const override { return true; }
  bool isBuilt() const override { return true; }
  bool isAvailable() const override { return true; }
};
Hooks hooks;

at::ScalarType type_of(std::optional<at::ScalarType> asked) {
  const auto type = asked.value_or(at::typeMetaToScalarType(at::get_default_dtype()));
  TORCH_CHECK(type != at::kDouble && type != at::kComplexDouble, "float64 on a device without it");
  return type;
}

Tensor empty(IntArrayRef size, std::optional<at::ScalarType> type, std::optional<at::Layout>,
             std::optional<at::Device>, std::optional<bool>, std::optional<at::MemoryFormat> format) {
  return at::detail::empty_generic(size, &memory, c10::DispatchKeySet(c10::DispatchKey::PrivateUse1),
                                   type_of(type), format);
}

Tensor empty_strided(IntArrayRef size, IntArrayRef stride, std::optional<at::ScalarType> type,
                     std::optional<at::Layout>, std::optional<at::Device>, std::optional<bool>) {
  return at::detail::empty_strided_generic(
      size, stride, &memory, c10::DispatchKeySet(c10::DispatchKey::PrivateUse1), type_of(type));
}

// The same memory as a tensor of the processor.
Tensor here(const Tensor& x) {
  if (x.device().is_cpu()) return x;
  return at::from_blob(x.data_ptr(), x.sizes(), x.strides(), x.options().device(at::kCPU));
}

Tensor there(const Tensor& x) { return x.defined() ? x.to(kDevice) : x; }

Tensor copy_from(const Tensor& from, const Tensor& to, bool) {
  here(to).copy_(here(from));
  return to;
}

Tensor copy_from_and_resize(const Tensor& from, const Tensor& to) {
  if (to.sizes() != from.sizes()) const_cast<Tensor&>(to).resize_(from.sizes());
  return copy_from(from, to, false);
}

at::Scalar number(const Tensor& x) { return at::native::_local_scalar_dense_cpu(here(x)); }

Tensor strided(const Tensor& x, IntArrayRef size, IntArrayRef stride, std::optional<int64_t> first) {
  return at::native::as_strided_tensorimpl(x, size, stride, first);
}

Tensor reshape_alias(const Tensor& x, IntArrayRef size, IntArrayRef stride) {
  return strided(x, size, stride, std::nullopt);
}

Tensor view(const Tensor& x, IntArrayRef size) { return at::native::view(x, size); }

const Tensor& resize(const Tensor& x, SymIntArrayRef size, std::optional<at::MemoryFormat> format) {
  return at::native::resize_(x, C10_AS_INTARRAYREF_SLOW(size), format);
}

Tensor& set(Tensor& x, at::Storage storage, int64_t first, IntArrayRef size, IntArrayRef stride) {
  return at::native::set_storage_cpu_(x, storage, first, size, stride);
}

void must_be_there(std::initializer_list<Tensor> all) {
  for (const auto& x : all)
    TORCH_CHECK(!x.defined() || x.device() == kDevice, "a tensor of the processor among the device's");
}

Tensor convolution(const Tensor& x, const Tensor& w, const std::optional<Tensor>& b, SymIntArrayRef stride,
                   SymIntArrayRef padding, SymIntArrayRef dilation, bool transposed,
                   SymIntArrayRef output_padding, c10::SymInt groups) {
  const Tensor bias = b.value_or(Tensor());
  must_be_there({x, w, bias});
  std::optional<Tensor> near;
  if (bias.defined()) near = here(bias);
  return there(at::convolution_symint(here(x), here(w), near, stride, padding, dilation, transposed,
                                      output_padding, groups));
}

std::tuple<Tensor, Tensor, Tensor> convolution_backward(
    const Tensor& grad, const Tensor& x, const Tensor& w, SymIntArrayRef stride, SymIntArrayRef padding,
    SymIntArrayRef dilation, bool transposed, SymIntArrayRef output_padding, c10::SymInt groups,
    std::array<bool, 3> wanted) {
  must_be_there({grad, x, w});
  const c10::SymInt channels = grad.sym_size(1);
  const auto found = at::convolution_backward_symint(here(grad), here(x), here(w), SymIntArrayRef(&channels, 1),
                                                     stride, padding, dilation, transposed, output_padding,
                                                     groups, wanted);
  return {there(std::get<0>(found)), there(std::get<1>(found)), there(std::get<2>(found))};
}

void by_the_processor(const c10::OperatorHandle& operation, torch::jit::Stack* stack) {
  at::native::cpu_fallback(operation, stack, /*error_on_views=*/true);
}

}  // namespace

TORCH_LIBRARY_IMPL(aten, PrivateUse1, m) {
  m.impl("empty.memory_format", empty);
  m.impl("empty_strided", empty_strided);
  m.impl("_copy_from", copy_from);
  m.impl("_copy_from_and_resize", copy_from_and_resize);
  m.impl("_local_scalar_dense", number);
  m.impl("as_strided", strided);
  m.impl("_reshape_alias", reshape_alias);
  m.impl("view", view);
  m.impl("resize_", resize);
  m.impl("set_.source_Storage_storage_offset", set);
  m.impl("convolution_overrideable", convolution);
  m.impl("convolution_backward_overrideable", convolution_backward);
}

TORCH_LIBRARY_IMPL(_, PrivateUse1, m) {
  m.fallback(torch::CppFunction::makeFromBoxedFunction<&by_the_processor>());
}

PYBIND11_MODULE(TORCH_EXTENSION_NAME, m) { at::RegisterPrivateUse1HooksInterface(&hooks); }
