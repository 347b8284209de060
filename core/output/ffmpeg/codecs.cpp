// The only file that speaks to FFmpeg: a module of its own, see codecs.h.
#include "output/ffmpeg/codecs.h"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavfilter/avfilter.h>
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavformat/avformat.h>
#include <libavutil/imgutils.h>
#include <libavutil/log.h>
#include <libavutil/opt.h>
#include <libswscale/swscale.h>
}

#include <algorithm>
#include <cstring>
#include <new>

namespace gs {
namespace {

struct FormatFacts {
  VideoFormat format;
  const char *name, *muxer, *encoder;
};
constexpr FormatFacts kFacts[] = {{VideoFormat::Mp4, "MP4", "mp4", "libx264"},
                                  {VideoFormat::WebM, "WebM", "webm", "libvpx-vp9"},
                                  {VideoFormat::Gif, "GIF", "gif", "gif"},
                                  {VideoFormat::Apng, "APNG", "apng", "apng"}};

const FormatFacts& factsOf(VideoFormat f) { return kFacts[int(f)]; }

[[noreturn]] void videoFailed(const std::string& path, const char* what, int code) {
  char text[AV_ERROR_MAX_STRING_SIZE] = {};
  av_strerror(code, text, sizeof text);
  throw OutputError(path + ": " + what + ": " + text);
}

template <class T, void (*Free)(T**)>
struct FfmpegFree {
  void operator()(T* p) const { Free(&p); }
};
using FramePtr = std::unique_ptr<AVFrame, FfmpegFree<AVFrame, av_frame_free>>;
using PacketPtr = std::unique_ptr<AVPacket, FfmpegFree<AVPacket, av_packet_free>>;
using CodecPtr = std::unique_ptr<AVCodecContext, FfmpegFree<AVCodecContext, avcodec_free_context>>;
using GraphPtr = std::unique_ptr<AVFilterGraph, FfmpegFree<AVFilterGraph, avfilter_graph_free>>;
struct SwsFree {
  void operator()(SwsContext* s) const { sws_freeContext(s); }
};
struct FormatFree {
  void operator()(AVFormatContext* c) const {
    if (c->pb) avio_closep(&c->pb);
    avformat_free_context(c);
  }
};

FramePtr newFrame(int width, int height, AVPixelFormat format) {
  FramePtr f(av_frame_alloc());
  if (!f) throw std::bad_alloc();
  f->width = width;
  f->height = height;
  f->format = format;
  if (av_frame_get_buffer(f.get(), 0) < 0) throw std::bad_alloc();
  return f;
}

FramePtr rgbaFrame(const Image& image) {
  FramePtr f = newFrame(image.width, image.height, AV_PIX_FMT_RGBA);
  const std::size_t row = std::size_t(image.width) * 4;
  for (int j = 0; j < image.height; ++j)
    std::memcpy(f->data[0] + std::ptrdiff_t(j) * f->linesize[0], image.rgba.data() + row * std::size_t(j), row);
  return f;
}

// Sources "in" (RGBA) and, where a palette comes too, "pal", through a description of filters to "out".
struct FilterGraph {
  GraphPtr graph{avfilter_graph_alloc()};
  AVFilterContext *in = nullptr, *palette = nullptr, *out = nullptr;

  FilterGraph(const std::string& filters, int width, int height, AVRational tick, bool withPalette) {
    const auto check = [](int code) {
      if (code < 0) videoFailed("palette", "the filters of FFmpeg cannot be joined", code);
    };
    const auto source = [&](AVFilterContext** to, const char* name, int w, int h, const char* format) {
      const std::string how = "video_size=" + std::to_string(w) + "x" + std::to_string(h) + ":pix_fmt=" + format +
                              ":time_base=" + std::to_string(tick.num) + "/" + std::to_string(tick.den) +
                              ":pixel_aspect=1/1";
      check(avfilter_graph_create_filter(to, avfilter_get_by_name("buffer"), name, how.c_str(), nullptr, graph.get()));
    };
    source(&in, "in", width, height, "rgba");
    if (withPalette) source(&palette, "pal", 16, 16, "bgra");
    check(avfilter_graph_create_filter(&out, avfilter_get_by_name("buffersink"), "out", nullptr, nullptr, graph.get()));
    AVFilterInOut *outputs = end("in", in), *inputs = end("out", out);
    if (withPalette) outputs->next = end("pal", palette);
    const int code = avfilter_graph_parse_ptr(graph.get(), filters.c_str(), &inputs, &outputs, nullptr);
    avfilter_inout_free(&inputs);
    avfilter_inout_free(&outputs);
    check(code);
    check(avfilter_graph_config(graph.get(), nullptr));
  }
  static AVFilterInOut* end(const char* name, AVFilterContext* filter) {
    AVFilterInOut* e = avfilter_inout_alloc();
    if (!e) throw std::bad_alloc();
    e->name = av_strdup(name);
    e->filter_ctx = filter;
    e->pad_idx = 0;
    e->next = nullptr;
    return e;
  }
};

std::string availableWords() {
  std::string list;
  for (const FormatFacts& f : kFacts)
    if (avcodec_find_encoder_by_name(f.encoder)) list += std::string(list.empty() ? "" : ", ") + f.name;
  return list + (list.empty() ? "" : ", ") + "PNG sequence";
}

// ---- palette -------------------------------------------------------------------------------------------------------

class FfmpegPalette final : public PaletteCodec {
 public:
  FfmpegPalette(int width, int height, bool transparent)
      : graph_("[in]palettegen=stats_mode=full:reserve_transparent=" + std::string(transparent ? "1" : "0") + "[out]",
               width, height, {1, 100}, false) {}

  void add(const Image& image) override {
    FramePtr f = rgbaFrame(image);
    f->pts = count_++;
    if (const int code = av_buffersrc_add_frame(graph_.in, f.get()); code < 0)
      videoFailed("palette", "cannot be made", code);
  }

  std::vector<std::uint32_t> finish() override {
    if (const int code = av_buffersrc_add_frame(graph_.in, nullptr); code < 0)
      videoFailed("palette", "cannot be made", code);
    const FramePtr f(av_frame_alloc());
    if (const int code = av_buffersink_get_frame(graph_.out, f.get()); code < 0)
      videoFailed("palette", "cannot be made", code);
    std::vector<std::uint32_t> colors(256);
    for (std::size_t j = 0; j < 16; ++j)
      std::memcpy(&colors[16 * j], f->data[0] + std::ptrdiff_t(j) * f->linesize[0], 64);
    return colors;
  }

 private:
  FilterGraph graph_;
  std::int64_t count_ = 0;
};

// ---- files ---------------------------------------------------------------------------------------------------------

class FfmpegFile final : public FileCodec {
 public:
  FfmpegFile(const std::string& name, const std::string& file, const VideoOptions&,
             const std::vector<std::uint32_t>& palette, const host::Pixels*);
  void add(const Image&) override;
  void finish() override;

 private:
  std::string path;
  VideoOptions options;
  std::unique_ptr<AVFormatContext, FormatFree> file;
  CodecPtr codec;
  AVStream* stream = nullptr;
  const host::Pixels* pixels;
  std::unique_ptr<SwsContext, SwsFree> convert;
  std::unique_ptr<FilterGraph> graph;  // of GIF
  FramePtr converted;
  PacketPtr packet{av_packet_alloc()};
  std::int64_t count = 0;

  void check(int code, const char* what) const {
    if (code < 0) videoFailed(path, what, code);
  }

  void openCodec(const FormatFacts& facts) {
    const std::string name = options.encoder.empty() ? facts.encoder : options.encoder;
    const AVCodec* found = avcodec_find_encoder_by_name(name.c_str());
    if (!found)
      throw OutputError(path + ": this FFmpeg has no encoder " + name + " for " + facts.name +
                        "; formats that can be written here: " + availableWords());
    codec.reset(avcodec_alloc_context3(found));
    if (!codec) throw std::bad_alloc();
    AVCodecContext& c = *codec;
    c.width = options.width;
    c.height = options.height;
    c.time_base = {1, options.fps};
    c.framerate = {options.fps, 1};
    c.sample_aspect_ratio = {1, 1};
    c.flags |= AV_CODEC_FLAG_BITEXACT;
    if (file->oformat->flags & AVFMT_GLOBALHEADER) c.flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    AVDictionary* set = nullptr;
    const bool draft = options.quality == VideoQuality::Draft;
    const auto option = [&](const char* key, const char* value) { av_dict_set(&set, key, value, 0); };
    switch (options.format) {
      case VideoFormat::Mp4:
        c.pix_fmt = AV_PIX_FMT_YUV420P;
        option("preset", draft ? "ultrafast" : "medium");
        option("crf", draft ? "18" : "16");
        c.gop_size = 2 * options.fps;
        break;
      case VideoFormat::WebM:
        c.pix_fmt = options.transparent ? AV_PIX_FMT_YUVA420P : AV_PIX_FMT_YUV420P;
        option("deadline", draft ? "realtime" : "good");
        option("cpu-used", draft ? "8" : "3");
        option("crf", draft ? "20" : "18");
        option("row-mt", "1");
        option("tile-columns", "2");
        if (options.transparent) option("auto-alt-ref", "0");
        c.bit_rate = 0;
        c.gop_size = 2 * options.fps;
        break;
      case VideoFormat::Gif:
        c.pix_fmt = AV_PIX_FMT_PAL8;
        break;
      default:
        c.pix_fmt = options.transparent ? AV_PIX_FMT_RGBA : AV_PIX_FMT_RGB24;
        option("pred", draft ? "sub" : "mixed");
    }
    if (options.format == VideoFormat::Mp4 || options.format == VideoFormat::WebM) {
      c.colorspace = AVCOL_SPC_BT709;
      c.color_primaries = AVCOL_PRI_BT709;
      c.color_trc = AVCOL_TRC_BT709;
      c.color_range = AVCOL_RANGE_MPEG;
    }
    c.thread_count = 0;
    const int code = avcodec_open2(&c, found, &set);
    av_dict_free(&set);
    check(code, "the encoder cannot start");
  }

  bool byRows() const { return pixels && codec->pix_fmt == AV_PIX_FMT_YUV420P; }

  void convertRows(const Image& image) {
    const std::size_t row = std::size_t(image.width) * 4;
    AVFrame& to = *converted;
    for (int j = 0; j < image.height; j += 2) {
      const std::uint8_t* from = image.rgba.data() + row * std::size_t(j);
      std::uint8_t* luma = to.data[0] + std::ptrdiff_t(j) * to.linesize[0];
      pixels->yuv420(from, from + row, image.width, luma, luma + to.linesize[0],
                     to.data[1] + std::ptrdiff_t(j / 2) * to.linesize[1],
                     to.data[2] + std::ptrdiff_t(j / 2) * to.linesize[2]);
    }
  }

  void openConversion(const std::vector<std::uint32_t>& palette) {
    if (options.format == VideoFormat::Gif) {
      if (palette.size() != 256) throw OutputError(path + ": a GIF needs a palette of 256 colours");
      graph = std::make_unique<FilterGraph>("[in][pal]paletteuse=dither=bayer:bayer_scale=4:alpha_threshold=128[out]",
                                            options.width, options.height, codec->time_base, true);
      FramePtr colors = newFrame(16, 16, AV_PIX_FMT_BGRA);
      for (std::size_t j = 0; j < 16; ++j)
        std::memcpy(colors->data[0] + std::ptrdiff_t(j) * colors->linesize[0], &palette[16 * j], 64);
      colors->pts = 0;
      check(av_buffersrc_add_frame(graph->palette, colors.get()), "the palette cannot be used");
      check(av_buffersrc_add_frame(graph->palette, nullptr), "the palette cannot be used");
      return;
    }
    if (codec->pix_fmt == AV_PIX_FMT_RGBA || byRows()) return;
    convert.reset(sws_getContext(options.width, options.height, AV_PIX_FMT_RGBA, options.width, options.height,
                                 codec->pix_fmt, SWS_BILINEAR | SWS_ACCURATE_RND, nullptr, nullptr, nullptr));
    if (!convert) throw std::bad_alloc();
    const int* bt709 = sws_getCoefficients(SWS_CS_ITU709);
    sws_setColorspaceDetails(convert.get(), bt709, 1, bt709, 0, 0, 1 << 16, 1 << 16);
  }

  void encode(AVFrame* frame) {
    check(avcodec_send_frame(codec.get(), frame), "a frame cannot be encoded");
    for (;;) {
      const int code = avcodec_receive_packet(codec.get(), packet.get());
      if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return;
      check(code, "a frame cannot be encoded");
      if (packet->duration == 0) packet->duration = 1;
      av_packet_rescale_ts(packet.get(), codec->time_base, stream->time_base);
      packet->stream_index = 0;
      check(av_interleaved_write_frame(file.get(), packet.get()), "cannot be written");
      if (file->pb->error < 0) check(file->pb->error, "cannot be written");
    }
  }

  void encodeFiltered() {
    const FramePtr out(av_frame_alloc());
    for (;;) {
      const int code = av_buffersink_get_frame(graph->out, out.get());
      if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return;
      check(code, "a frame cannot be encoded");
      encode(out.get());
      av_frame_unref(out.get());
    }
  }
};

FfmpegFile::FfmpegFile(const std::string& name, const std::string& written, const VideoOptions& how,
                       const std::vector<std::uint32_t>& palette, const host::Pixels* byRow)
    : path(name), options(how), pixels(byRow) {
  const FormatFacts& facts = factsOf(options.format);
  AVFormatContext* context = nullptr;
  if (const int code = avformat_alloc_output_context2(&context, nullptr, facts.muxer, ("file:" + written).c_str());
      code < 0 || !context)
    throw OutputError(path + ": this FFmpeg cannot write " + facts.name +
                      "; formats that can be written here: " + availableWords());
  file.reset(context);
  context->flags |= AVFMT_FLAG_BITEXACT;
  openCodec(facts);
  stream = avformat_new_stream(context, nullptr);
  if (!stream) throw std::bad_alloc();
  stream->time_base = codec->time_base;
  stream->avg_frame_rate = codec->framerate;
  check(avcodec_parameters_from_context(stream->codecpar, codec.get()), "the encoder cannot start");
  if (options.format == VideoFormat::WebM && options.transparent) av_dict_set(&stream->metadata, "alpha_mode", "1", 0);
  openConversion(palette);
  check(avio_open(&context->pb, ("file:" + written).c_str(), AVIO_FLAG_WRITE), "cannot be written");
  AVDictionary* set = nullptr;
  if (options.format == VideoFormat::Mp4) {
    av_dict_set(&set, "movflags", "use_metadata_tags+faststart", 0);
    av_dict_set(&context->metadata, options.sessionKey.c_str(), options.session.c_str(), 0);
    av_dict_set(&context->metadata, "software", "Guidescope " GS_VERSION, 0);
  } else if (options.format == VideoFormat::WebM) {
    av_dict_set(&context->metadata, options.sessionKey.c_str(), options.session.c_str(), 0);
    av_dict_set(&context->metadata, "software", "Guidescope " GS_VERSION, 0);
  } else {
    av_dict_set(&set, options.format == VideoFormat::Gif ? "loop" : "plays", "0", 0);
  }
  const int code = avformat_write_header(context, &set);
  av_dict_free(&set);
  check(code, "cannot be written");
}

void FfmpegFile::add(const Image& image) {
  if (image.width != options.width || image.height != options.height)
    throw OutputError(path + ": the pictures of a film have one size");
  if (graph) {
    FramePtr f = rgbaFrame(image);
    f->pts = count++;
    check(av_buffersrc_add_frame(graph->in, f.get()), "a frame cannot be encoded");
    return encodeFiltered();
  }
  // The encoder may still hold the frame before: a new one where it does.
  if (!converted || !av_frame_is_writable(converted.get()))
    converted = newFrame(image.width, image.height, codec->pix_fmt);
  if (byRows()) {
    convertRows(image);
  } else if (convert) {
    const std::uint8_t* from[] = {image.rgba.data()};
    const int stride[] = {image.width * 4};
    sws_scale(convert.get(), from, stride, 0, image.height, converted->data, converted->linesize);
  } else {
    converted = rgbaFrame(image);
  }
  converted->pts = count++;
  encode(converted.get());
}

void FfmpegFile::finish() {
  if (graph) {
    check(av_buffersrc_add_frame(graph->in, nullptr), "a frame cannot be encoded");
    encodeFiltered();
  }
  encode(nullptr);
  check(av_write_trailer(file.get()), "cannot be written");
  avio_flush(file->pb);
  const int error = file->pb->error;
  check(error < 0 ? error : avio_closep(&file->pb), "cannot be written");
}

std::string metadataOf(const std::string& path, const std::string& key) {
  AVFormatContext* context = nullptr;
  AVDictionary* set = nullptr;
  av_dict_set(&set, "format_whitelist", "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm", 0);
  av_dict_set(&set, "protocol_whitelist", "file", 0);
  const int code = avformat_open_input(&context, ("file:" + path).c_str(), nullptr, &set);
  av_dict_free(&set);
  if (code < 0) videoFailed(path, "cannot be read", code);
  std::string value;
  if (const AVDictionaryEntry* e = av_dict_get(context->metadata, key.c_str(), nullptr, 0)) {
    constexpr std::size_t kMost = std::size_t(32) << 20;
    if (const std::size_t size = std::strlen(e->value); size <= kMost) value.assign(e->value, size);
  }
  avformat_close_input(&context);
  return value;
}

}  // namespace
}  // namespace gs

extern "C" __attribute__((visibility("default"))) const gs::CodecLibrary* guidescopeCodecs() {
  static const gs::CodecLibrary library{
      .available = gs::availableWords,
      .file = [](const std::string& name, const std::string& written, const gs::VideoOptions& how,
                 const std::vector<std::uint32_t>& palette,
                 const gs::host::Pixels* pixels) -> std::unique_ptr<gs::FileCodec> {
        return std::make_unique<gs::FfmpegFile>(name, written, how, palette, pixels);
      },
      .palette = [](int width, int height, bool transparent) -> std::unique_ptr<gs::PaletteCodec> {
        return std::make_unique<gs::FfmpegPalette>(width, height, transparent);
      },
      .metadata = gs::metadataOf};
  av_log_set_level(AV_LOG_QUIET);  // its errors come back as numbers, and are said by us
  return &library;
}
