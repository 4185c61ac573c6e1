// The library: RTTI, streams, locales, files, random numbers, text, time.
// SPDX-License-Identifier: Apache-2.0
#include "parts.h"

#include <any>
#include <charconv>
#include <chrono>
#include <complex>
#include <cxxabi.h>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <locale>
#include <map>
#include <memory_resource>
#include <random>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <system_error>
#include <typeindex>
#include <typeinfo>
#include <variant>

namespace {
struct A { virtual ~A() = default; int a = 1; };
struct B : virtual A { int b = 2; };
struct C : virtual A { int c = 3; };
struct D : B, C { int d = 4; };
template <typename T> struct Holder : A { T held; };

void rtti()
{
    D d;
    A *a = &d;
    C *c = dynamic_cast<C *>(static_cast<B *>(&d));
    std::cout << (dynamic_cast<D *>(a) == &d) << (c && c->c == 3) << !dynamic_cast<Holder<int> *>(a)
              << (dynamic_cast<void *>(c) == &d) << ' ' << typeid(*a).name() << ' ';
    int status;
    std::unique_ptr<char, void (*)(void *)> name(
        abi::__cxa_demangle(typeid(Holder<std::map<std::string, int>>).name(), nullptr, nullptr, &status), std::free);
    std::cout << name.get() << ' ' << (std::type_index(typeid(int)) == typeid(int)) << '\n';
    std::any any = 5;
    try {
        std::any_cast<double>(any);
    } catch (const std::bad_any_cast &e) {
        std::cout << e.what() << ' ';
    }
    std::variant<int, std::string> v = "text";
    try {
        std::get<int>(v);
    } catch (const std::bad_variant_access &e) {
        std::cout << e.what() << '\n';
    }
}

void streams(const std::filesystem::path &dir)
{
    std::ostringstream out;
    out << std::hex << std::showbase << 255 << ' ' << std::oct << 8 << std::dec << std::setw(8) << std::setfill('*') << -42
        << std::fixed << std::setprecision(3) << ' ' << 3.14159 << ' ' << std::scientific << 12345.678L << ' '
        << std::boolalpha << true << ' ' << std::quoted("a \"b\"") << ' ' << std::complex<double>(1, -2);
    std::cout << out.str() << '\n';
    std::istringstream in("12 0x1f 3.5e2 word nonsense");
    int i;
    unsigned x;
    double d;
    std::string s;
    in >> i >> std::hex >> x >> d >> s >> i;
    std::cout << i << ' ' << x << ' ' << d << ' ' << s << ' ' << in.fail() << '\n';
    {
        std::ofstream f(dir / "lines");
        for (int n = 0; n < 500; n++)
            f << "line " << n << '\n';
    }
    std::ifstream f(dir / "lines");
    std::string line;
    int lines = 0;
    while (std::getline(f, line))
        lines++;
    f.clear();
    f.seekg(-9, std::ios::end);
    std::getline(f, line);
    std::cout << lines << ' ' << line << '\n';
    std::wstringstream wide;
    wide << L"wide " << 7;
    std::cout << wide.str().size() << '\n';
    std::ifstream missing(dir / "missing");
    missing.exceptions(std::ios::goodbit);
    try {
        missing.exceptions(std::ios::failbit);
    } catch (const std::ios_base::failure &e) {
        std::cout << "failure " << (e.code() == std::io_errc::stream) << '\n';
    }
    std::getline(std::cin, line);
    std::cout << "input " << line << '\n';
    std::cerr << "to stderr\n";
    std::clog << "and the log\n";
}

struct Point : std::numpunct<char> {
    char do_thousands_sep() const override { return '\''; }
    std::string do_grouping() const override { return "\3"; }
};
void locales()
{
    std::cout << std::locale().name() << ' ' << std::locale("").name() << ' ';
    std::ostringstream out;
    out.imbue(std::locale(std::locale(), new Point));
    out << 1234567;
    std::cout << out.str() << ' ' << std::toupper('q', std::locale()) << ' ';
    try {
        std::locale no("xx_YY.nowhere");
        std::cout << "found\n";
    } catch (const std::runtime_error &e) {
        std::cout << e.what() << '\n';
    }
    std::tm tm{};
    std::istringstream in("2026-11-23 06:48:16");
    in >> std::get_time(&tm, "%Y-%m-%d %H:%M:%S");
    std::cout << std::put_time(&tm, "%d %B %Y, %H.%M") << '\n';
}

void files(const std::filesystem::path &dir)
{
    namespace fs = std::filesystem;
    fs::create_directories(dir / "a/b/c");
    std::ofstream(dir / "a/one") << "12345";
    fs::copy_file(dir / "a/one", dir / "a/b/two");
    fs::rename(dir / "a/b/two", dir / "a/b/three");
    std::set<std::string> names;
    for (const auto &e : fs::recursive_directory_iterator(dir))
        names.insert(fs::relative(e.path(), dir).string() + (e.is_directory() ? "/" : ""));
    for (const auto &n : names)
        std::cout << n << ' ';
    std::cout << fs::file_size(dir / "a/one") << ' ' << fs::exists(dir / "none") << ' '
              << fs::path("/x/../y/z.tar.gz").lexically_normal().stem() << '\n';
    std::error_code ec;
    (void)fs::file_size(dir / "none", ec);
    std::cout << ec.message() << ' ' << (ec == std::errc::no_such_file_or_directory) << ' ';
    try {
        fs::create_directory(dir / "none/x");
    } catch (const fs::filesystem_error &e) {
        std::cout << e.code().message() << ' ' << e.path1().filename() << ' ';
    }
    std::cout << fs::remove_all(dir) << '\n';
}

void numbers()
{
    std::random_device device;
    bool differ = false;
    unsigned first = device();
    for (int i = 0; i < 8; i++)
        differ |= device() != first;
    std::mt19937 twister(42);
    std::uniform_int_distribution<int> dice(1, 6);
    std::normal_distribution<double> normal;
    int sum = 0;
    for (int i = 0; i < 100; i++)
        sum += dice(twister);
    std::cout << differ << ' ' << sum << ' ' << normal(twister) << ' ';
    char text[32];
    auto end = std::to_chars(text, text + sizeof text, 0.1).ptr;
    double back = 0;
    std::from_chars(text, end, back);
    std::cout << std::string_view(text, static_cast<std::size_t>(end - text)) << ' ' << (back == 0.1) << '\n';
}

void text()
{
    std::regex date("(\\d{4})-(\\d\\d)-(\\d\\d)");
    std::smatch m;
    std::string s = "from 2026-11-23 to 2027-01-02";
    std::cout << std::regex_search(s, m, date) << ' ' << m[1] << ' ' << m[3] << ' '
              << std::regex_replace(s, date, "$3.$2.$1") << ' ';
    try {
        std::regex bad("(unclosed");
    } catch (const std::regex_error &e) {
        std::cout << (e.code() == std::regex_constants::error_paren) << ' ';
    }
    std::pmr::monotonic_buffer_resource pool;
    std::pmr::vector<std::pmr::string> v(&pool);
    for (int i = 0; i < 100; i++)
        v.emplace_back(40u, static_cast<char>('a' + i % 26));
    std::cout << v[27].substr(0, 3) << '\n';
}

void time()
{
    using namespace std::chrono;
    auto a = steady_clock::now();
    auto b = steady_clock::now();
    auto now = system_clock::now();
    constexpr year_month_day day{sys_days{2026y / November / 23} + days{40}};
    std::cout << (b >= a) << (now.time_since_epoch() > hours(24 * 365 * 40)) << ' '
              << duration_cast<minutes>(hours(2) + seconds(90)).count() << ' ' << int(day.year()) << ' ' << unsigned(day.month())
              << ' ' << unsigned(day.day()) << '\n';
}

void run(const char *directory)
{
    std::filesystem::path dir = directory;
    std::filesystem::create_directory(dir);
    rtti();
    streams(dir);
    locales();
    files(dir);
    numbers();
    text();
    time();
    std::cout << std::flush;
}

Part part("library", run);
} // namespace
